"""The command sagemaker-monitor: one module per command, and the only place that speaks to people."""
