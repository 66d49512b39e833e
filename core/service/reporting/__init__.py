"""What happened, in figures, files and concerns, for whoever answers for it."""
