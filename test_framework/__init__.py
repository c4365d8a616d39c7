"""Shared test helpers: the standard library only, light to import."""
