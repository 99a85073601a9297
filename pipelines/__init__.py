"""Which steps, in which order: one builder per pipeline, and the bundle they are deployed as.

What is public of it, for pipelines of other people, is the module `embedding`.
"""
