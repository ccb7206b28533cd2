"""Which media type answers a request.

Source: https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

QVALUE = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")


def negotiated(accept: str, offers: Sequence[str]) -> str | None:
    """The offer that a client likes best who sends this header; None if it accepts none.

    Between equals: who is named, then who is named first, then the order of `offers`.
    """
    accepted = list(_accepted(accept or "*/*"))
    ranked = [(_rank(offer, accepted), offer) for offer in offers]
    (quality, *_), best = max(ranked, key=lambda pair: pair[0], default=((0.0,), None))
    return best if quality > 0 else None


def named(accept: str, offers: Sequence[str]) -> str | None:
    """The same, if the client names it: a wildcard does not."""
    accepted = [media for media, _ in _accepted(accept)]
    return negotiated(accept, [offer for offer in offers if offer in accepted])


def _accepted(header: str) -> Iterator[tuple[str, float]]:
    """Media types and their weights; a `subscriptionSpec` is part of the type."""
    for entry in header.lower().replace('"', "").split(","):
        media, *parameters = (part.strip() for part in entry.split(";"))
        spec = [value for value in parameters if value.startswith("subscriptionspec=")]
        weight = next((value[2:] for value in parameters if value.startswith("q=")), "1")
        yield ";".join((media, *spec)), float(weight) if QVALUE.fullmatch(weight) else 0.0


def _rank(offer: str, accepted: Sequence[tuple[str, float]]) -> tuple[float, int, int]:
    """Its weight, how exactly it is named, and minus its place; the exactest range decides."""
    ranges = ("*/*", offer.split("/")[0] + "/*", offer)
    found = [
        (ranges.index(media), -place, quality)
        for place, (media, quality) in enumerate(accepted)
        if media in ranges
    ]
    exactness, place, quality = max(found, default=(0, 0, 0.0))
    return quality, exactness, place
