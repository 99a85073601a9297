"""Speed against peers: the same work on the same files, whole processes in turn, answers compared first."""
