"""The model registry: versions, the baselines and evidence they carry, and the gate in front of them."""
