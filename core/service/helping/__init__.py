"""What the help desk does for a person, and what it may not."""
