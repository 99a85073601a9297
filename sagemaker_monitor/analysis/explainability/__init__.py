"""Feature attributions by Kernel SHAP, what they are measured from, and when their ranking drifted."""
