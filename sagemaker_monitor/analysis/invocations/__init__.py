"""What a real-time endpoint captured, as records: features, key, id and answer of each."""
