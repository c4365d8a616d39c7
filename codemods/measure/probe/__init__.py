"""Our pytest plugin, in a folder that can be copied: it imports nothing from outside."""
