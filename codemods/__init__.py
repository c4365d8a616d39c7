"""Replace pasted copies of a test helper class by an import of the one shared class."""
