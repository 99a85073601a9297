"""How many instance-hours a model's monitoring takes: read from what ran, multiplied by how often it runs."""
