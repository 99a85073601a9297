"""Tests of data quality: numbers, rules and the analyzer as a process."""
