"""How one step is made: one module per kind of step, SDK objects out."""
