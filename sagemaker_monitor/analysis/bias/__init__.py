"""Bias metrics of SageMaker Clarify, from counts and from rows."""
