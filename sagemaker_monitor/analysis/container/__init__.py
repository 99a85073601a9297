"""Entry points of the analysis containers: environment and paths in, files and an exit text out."""
