"""The numbers: bias metrics, the documents that carry them, and the container entry points that compute them."""
