"""Who might be the same person: what two people share, how much that says, what speaks against it.

Nobody is merged for it: a suggestion is for who may decide. It uses no evidence that the viewer may
not see of both; what many people share is none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import chain
from types import MappingProxyType

from msgspec import Struct

from domain.customers import Customer, EvidenceStrength, Identity, IdentityKind
from domain.ids import ChannelId, CustomerId
from domain.viewer import Viewer

MOST_SHARING = 10
"""What more people have is a company's card or a shop's own address, and says nothing."""

MOST_EVIDENCE = 40
MOST_SUGGESTED = 20

LEAST_SCORE = 30
HIGHEST_SCORE = 100
FOR_ITS_NAME = 20
FOR_A_STAND_IN = 10
"""A wallet's stand-in for a card is on one device, which may be lent."""

SCORES: Mapping[IdentityKind, tuple[int, int]] = MappingProxyType(
    {
        IdentityKind.LOYALTY_NO: (80, 50),
        IdentityKind.EMAIL: (70, 40),
        IdentityKind.PHONE: (40, 30),
        IdentityKind.CARD_FINGERPRINT: (25, 25),
    }
)
"""What it says that two share such an identity: trusted of both, or only claimed of one."""

ALONE = frozenset({IdentityKind.EMAIL, IdentityKind.LOYALTY_NO})
"""Of these one has one's own, as a rule: two who have none in common may be two."""

Key = tuple[IdentityKind, str]


class Against(StrEnum):
    """What speaks against it that two are one."""

    SAME_CHANNEL = "SAME_CHANNEL"
    EMAIL = "EMAIL"
    LOYALTY_NO = "LOYALTY_NO"
    NAME = "NAME"


class Conflict(Struct, frozen=True):
    """Something that speaks against it; `channel_id` is the one that knows them as two."""

    against: Against
    channel_id: ChannelId | None = None


class MergeSuggestion(Struct, frozen=True):
    """Two people who might be one. `score` is up to 100; `evidence` is the other's."""

    other_id: CustomerId
    score: int
    evidence: tuple[Identity, ...]
    conflicts: tuple[Conflict, ...]


def keys(person: Customer, viewer: Viewer) -> Sequence[Key]:
    """What there may be shared, as far as the viewer may see it; the most telling first."""
    found = sorted(_evidence(person, viewer), key=lambda key: (-max(SCORES[key[0]]), key))
    return found[:MOST_EVIDENCE]


def suggestions(
    person: Customer, others: Iterable[Customer], viewer: Viewer
) -> Sequence[MergeSuggestion]:
    """Those of `others` who might be the same as `person`, the likeliest first.

    `others` must hold up to `MOST_SHARING` + 1 people for each of the `keys`.
    """
    people = {other.id: other for other in others if other.id != person.id}.values()
    shared = Counter(chain.from_iterable(map(_held, people)))
    own = _evidence(person, viewer)
    mine = {key: own[key] for key in keys(person, viewer) if shared[key] < MOST_SHARING}
    found = [each for other in people if (each := _suggested(person, other, mine, viewer))]
    found.sort(key=lambda each: (-each.score, len(each.conflicts), each.other_id))
    return found[:MOST_SUGGESTED]


def _held(person: Customer) -> set[Key]:
    """All that somebody has, whoever may see it: what many share is shared by them all."""
    return {(each.kind, each.value) for each in person.identities}


def _evidence(person: Customer, viewer: Viewer) -> dict[Key, Identity]:
    """Each kind and value once, as it is trusted most."""
    found = [each for each in person.identities_for(viewer) if each.kind in SCORES]
    found.sort(key=lambda each: each.strength is not EvidenceStrength.WEAK)
    return {(each.kind, each.value): each for each in found}


def _suggested(
    person: Customer, other: Customer, mine: Mapping[Key, Identity], viewer: Viewer
) -> MergeSuggestion | None:
    theirs = _evidence(other, viewer)
    both = [(mine[key], theirs[key]) for key in sorted(mine.keys() & theirs.keys())]
    same_name = _name(person) is not None and _name(person) == _name(other)
    score = sum(_score(*pair) for pair in both) + (FOR_ITS_NAME if same_name else 0)
    if not both or score < LEAST_SCORE:
        return None
    return MergeSuggestion(
        CustomerId(other.id),
        min(score, HIGHEST_SCORE),
        tuple(held for _, held in both),
        tuple(_conflicts(person, other)),
    )


def _score(one: Identity, other: Identity) -> int:
    if one.wallet_token or other.wallet_token:
        return FOR_A_STAND_IN
    trusted, claimed = SCORES[one.kind]
    is_claimed = EvidenceStrength.WEAK in {one.strength, other.strength}
    return claimed if is_claimed else trusted


def _conflicts(person: Customer, other: Customer) -> Iterator[Conflict]:
    channels = [{each.channel_id for each in one.accounts} for one in (person, other)]
    for channel in sorted(channels[0] & channels[1]):
        yield Conflict(Against.SAME_CHANNEL, channel)
    for kind in sorted(ALONE):
        trusted = [_trusted(one, kind) for one in (person, other)]
        if all(trusted) and trusted[0].isdisjoint(trusted[1]):
            yield Conflict(Against(kind))
    if _name(person) and _name(other) and _name(person) != _name(other):
        yield Conflict(Against.NAME)


def _trusted(person: Customer, kind: IdentityKind) -> set[str]:
    return {
        each.value
        for each in person.identities
        if each.kind is kind and each.strength is not EvidenceStrength.WEAK
    }


def _name(person: Customer) -> str | None:
    """A name as it is compared: case, blanks and order of its words do not matter."""
    words = sorted((person.display_name or "").casefold().split())
    return " ".join(words) or None
