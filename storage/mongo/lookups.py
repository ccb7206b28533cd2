"""Who looked people up, in MongoDB: for whoever is asked about it, for two years."""

from __future__ import annotations

from datetime import timedelta

from domain.lookups import Lookup
from storage.mongo.collections import Collection, Index, by

KEPT = timedelta(days=730)

BY_TIME = Index(by("at"), "forgetting look-ups", forget_after=KEPT)
LOOKUPS = Collection("lookups", Lookup, (BY_TIME,))
COLLECTIONS = (LOOKUPS,)
