"""In the place of pip for jobs: says whether what they need is there, and installs nothing."""
