"""Campaigns: whom they are for, what is done, how far they are."""
