"""What commands cost before they do anything, and what building and planning cost by the number of models."""
