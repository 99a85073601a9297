"""EventBridge Scheduler: its API, the clock that its schedules run by, and what they start."""
