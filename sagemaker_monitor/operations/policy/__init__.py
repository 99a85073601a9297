"""IAM policies for an environment's roles, from its configuration and bundles."""
