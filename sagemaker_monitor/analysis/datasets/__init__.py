"""Datasets of a Clarify analysis: rows under named columns, from files of every format."""
