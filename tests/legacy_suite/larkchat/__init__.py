"""Larkchat: rooms, presence, search and one agent that answers questions."""
