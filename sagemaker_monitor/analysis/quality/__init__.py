"""The quality of data: what its features look like, and whether they are as the baseline was."""
