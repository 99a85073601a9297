"""How pipeline executions run: a thread per execution, a thread per running step, everything on record."""
