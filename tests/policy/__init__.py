"""Which permissions commands and jobs need, and which the generated policies give."""
