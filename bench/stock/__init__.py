"""What it costs to hold units: `make bench-stock`."""
