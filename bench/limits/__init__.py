"""What refusing costs: a corpus of hostile requests, and what they take of a real server."""
