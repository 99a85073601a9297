"""What upsert deploys: resources, each of a kind, compared by fields and written only where they differ."""
