"""How the properties of the domain are tried."""

from __future__ import annotations

from hypothesis import settings

# A loaded machine may stop any example for a while, which says nothing about the rule.
settings.register_profile("kassa", deadline=None)
settings.load_profile("kassa")
