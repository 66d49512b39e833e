"""Who administers: how they come in, what they may do, and what their screens may ask."""
