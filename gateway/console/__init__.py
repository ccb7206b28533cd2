"""The console as it was built: `console/` is what it is built from."""
