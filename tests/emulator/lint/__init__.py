"""Tests of the linter of pipeline definitions."""
