"""Model servers: processes on loopback that answer /ping and /invocations as AWS's serving containers do."""
