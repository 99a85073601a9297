"""The report of a Clarify analysis as one HTML page."""
