"""EventBridge's default bus: which events SageMaker sends, which rules they match, and where they go."""
