"""The single source of truth for each helper class, and the local copies proved equal to it."""
