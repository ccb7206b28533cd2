"""The graph's shape: types and fields, and nothing else. It is the SDL, in Python."""
