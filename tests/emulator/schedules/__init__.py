"""Tests of monitoring schedules."""
