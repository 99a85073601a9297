"""How equal the numbers are to AWS's: comparisons that tests record, and the page made of them."""
