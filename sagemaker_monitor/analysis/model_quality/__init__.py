"""How well predictions agree with the ground truth: counts once, every metric from the counts."""
