"""Tests of the ground truth merge."""
