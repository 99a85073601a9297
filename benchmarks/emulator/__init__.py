"""What the emulator costs: per step, under load, for S3, and when nobody asks."""
