"""Labels that came later, joined to what was captured: the records that quality and bias monitors read."""
