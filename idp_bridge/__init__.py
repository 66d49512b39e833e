"""Where identity providers and Keyback meet."""
