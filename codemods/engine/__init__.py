"""Pure, for any codemod: bytes in, values out. No disk, no pytest, no printing."""
