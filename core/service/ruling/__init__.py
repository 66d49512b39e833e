"""What administrators decide, looked through before it holds, and kept so that it can be taken back."""
