"""The numbers: bias metrics, the documents that carry them, the containers that compute them."""
