"""What keeps a model from running in an environment, found by looking: one module a group of checks."""
