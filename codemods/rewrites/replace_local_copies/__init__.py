"""Replace a local copy of a shared definition by an import of it."""
