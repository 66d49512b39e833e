"""The outside wall: settings, logs, commands, and the one place that joins the rooms."""
