"""What it costs to tell subscribers: `make bench-live`."""
