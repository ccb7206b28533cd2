"""Channels: what they can do, what they tell and answer, in our words."""
