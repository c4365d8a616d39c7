"""Rename a class that shares only its name with a shared definition."""
