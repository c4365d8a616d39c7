"""Which definitions are pasted: groups of equal ones, and what is in the way of sharing each."""
