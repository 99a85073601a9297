"""How long the loop of the notebooks takes against the emulator, step by step and phase by phase."""
