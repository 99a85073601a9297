"""SageMaker Pipelines that watch models in production; unofficial, not a product of AWS."""

__version__ = "0.1.0"
