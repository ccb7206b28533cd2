"""Each kind of subscription: what it listens for, and how it tells of it."""

from gateway.live.feeds.choosing import feed_of, permitted
from gateway.live.feeds.feed import Feed, Sources

__all__ = ["Feed", "Sources", "feed_of", "permitted"]
