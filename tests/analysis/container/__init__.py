"""Tests of the container entry points."""
