"""Values -> text, JSON."""
