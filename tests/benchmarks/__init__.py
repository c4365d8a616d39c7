"""Figures, each a ratio measured in one run; run by hand, by name."""
