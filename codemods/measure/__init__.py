"""Everything that starts pytest: the probe, sessions, collection times, warm bytecode."""
