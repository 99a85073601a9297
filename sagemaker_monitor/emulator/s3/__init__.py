"""S3 as a directory: objects are plain files, answered over S3's REST protocol."""
