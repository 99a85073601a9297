"""Independent programs that compute the same numbers, each in an environment of its own."""
