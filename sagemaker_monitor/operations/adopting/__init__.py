"""Reads the monitors that others made, and says them in our configuration's words."""
