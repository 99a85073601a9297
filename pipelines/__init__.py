"""Which steps, in which order: one builder per pipeline, and the bundle they are deployed as."""
