"""How results look on a screen; the only place that knows rich."""
