"""Pure functions: bytes in, values out. No disk, no pytest, no printing."""
