"""What one can do with pipelines that are, or shall be, deployed: values in, values out, no SDK."""
