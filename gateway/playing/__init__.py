"""`kassa demo`: a day of trade, played in a hurry through the public API."""

from gateway.playing.play import Wish, play

__all__ = ["Wish", "play"]
