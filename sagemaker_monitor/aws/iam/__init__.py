"""Which permissions commands and jobs need, and IAM's documents that give them. Offline: AWS is not asked."""
