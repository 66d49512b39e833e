"""What can be typed behind `keyback`."""
