"""Tests of the scripts that run inside processing jobs."""
