"""The reference till: a log on disk, and a client of the protocol in docs/till.md."""
