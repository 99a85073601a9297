"""Flows of public monitoring notebooks, by the clients that people have, each in its own environment."""
