"""How two versions of a pipeline are compared in the terms of whoever wrote the configuration."""
