"""Lambda functions of one's own: which there are, and how one of them is invoked in a child process."""
