"""Tests of the bias metrics."""
