"""Modules of join.py: what was scored and its labels, brought together."""
