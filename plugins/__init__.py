"""Everything replaceable: one file each, each an entry point."""
