"""Channels as the operator configures them, and what the command line shows of them."""
