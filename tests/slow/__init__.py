"""Simulations that take minutes."""
