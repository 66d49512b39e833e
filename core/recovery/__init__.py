"""What a recovery is and where each move leads: values in, values out."""
