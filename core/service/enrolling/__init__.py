"""What somebody does who is signed in: methods, addresses and joined accounts of theirs."""
