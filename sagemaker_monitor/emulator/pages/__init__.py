"""The emulator's pages for people: what it holds and does, as HTML that asks for nothing else."""
