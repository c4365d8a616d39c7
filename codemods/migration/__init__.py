"""Plan, check, write, verify and undo."""
