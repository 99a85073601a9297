"""Every JSON document that checks and the gate exchange, one module each."""
