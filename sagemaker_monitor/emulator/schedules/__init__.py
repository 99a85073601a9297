"""Monitoring schedules: when a monitor runs, over which hours, and the jobs that are one execution of it."""
