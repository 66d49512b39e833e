"""The hard cases of directories, tried against one's own with a test account: `keyback check --live`."""
