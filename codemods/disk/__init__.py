"""Which files, reading and writing them, the journal, git."""
