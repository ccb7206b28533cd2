"""Stripe's words and ours: what it sends and answers, said as the domain says it. Pure."""
