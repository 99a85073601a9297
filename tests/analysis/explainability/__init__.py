"""Tests of Kernel SHAP, its baselines and its drift."""
