"""Payments: what happened at a till or a terminal, or is reported by a provider."""
