"""What the runs gave, and how far the migration is."""
