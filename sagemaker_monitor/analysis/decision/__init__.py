"""The gate: what may be told from the checks' reports, and what that means under the policy."""
