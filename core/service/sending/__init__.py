"""What leaves the house: codes and notices, what they may cost, and what became of them."""
