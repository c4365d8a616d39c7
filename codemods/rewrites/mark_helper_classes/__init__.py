"""Which classes pytest tries to collect and cannot, and where their mark stands."""
