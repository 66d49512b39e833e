"""Who sends people here and hears what became of them: entries, clients and receivers of signals."""
