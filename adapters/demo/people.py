"""Customers, alone and in families that share a telephone."""

from __future__ import annotations

from datetime import timedelta

from msgspec import Struct

from adapters.demo.dice import EPOCH, Dice
from adapters.demo.master import COUNTRIES, Chain
from adapters.demo.names import NAMES, mail
from domain.customers import (
    Address,
    Consent,
    ConsentPurpose,
    Customer,
    EvidenceStrength,
    Identity,
    IdentityKind,
)
from domain.ids import ChannelId, CustomerId, Kind, LoyaltyAccountId
from domain.values import MetadataEntry, MetadataVisibility

FIRST_NUMBER = 1001
FAMILY, FAMILY_NAME = ("Maja", "Elias", "Signe"), "Sundberg"
HOMES = (("SE", 6), ("NO", 3), ("FI", 2))
FAMILIES = 0.07
"""How many households are families: about 15 % of the people share a telephone."""

TASTES = ("oat milk", "no sugar", "light roast", "dark roast", "decaf after noon", "own mug")


class Person(Struct, frozen=True):
    """A customer, where they live, and their points account if they have one."""

    customer: Customer
    country: str
    account_id: LoyaltyAccountId | None = None

    @property
    def id(self) -> CustomerId:
        return CustomerId(self.customer.id)


class Household(Struct, frozen=True):
    """People under one roof: a name, a door, and a telephone as (compared, as given)."""

    country: str
    last_name: str
    lines: tuple[str, ...]
    city: str
    postcode: str
    phone: tuple[str, str] | None


class Registry:
    """Takes people on, one after the other."""

    def __init__(self, chain: Chain) -> None:
        self._dice = Dice("people")
        self._channels = {code: ChannelId(channel.id) for code, channel in chain.channels.items()}
        self.people: list[Person] = []

    def fill(self, count: int) -> list[Person]:
        """The first family, then households until there are `count` people."""
        self._move_in(_first_household(), FAMILY)
        while len(self.people) < count:
            self._household()
        return self.people[:count]

    def _household(self) -> None:
        dice = self._dice
        country = dice.weighted(HOMES)
        names = NAMES[country]
        members = dice.between(2, 3) if dice.chance(FAMILIES) else 1
        city, postcode = dice.one(names.cities)
        reachable = members > 1 or dice.chance(0.88)
        home = Household(
            country,
            dice.one(names.last),
            (f"{dice.one(names.streets)} {dice.between(1, 98)}",),
            city,
            postcode,
            telephone(country, len(self.people)) if reachable else None,
        )
        self._move_in(home, [dice.one(names.first) for _ in range(members)])

    def _move_in(self, home: Household, first_names: tuple[str, ...] | list[str]) -> None:
        for first_name in first_names:
            self.people.append(self._person(home, first_name, len(self.people)))

    def _person(self, home: Household, first_name: str, index: int) -> Person:
        dice, since = self._dice, EPOCH + timedelta(seconds=index)
        is_member = index == 0 or dice.chance(0.7)
        customer = Customer(
            id=dice.id(Kind.CUSTOMER, since),
            updated_at=since,
            number=f"K-{FIRST_NUMBER + index}",
            display_name=f"{first_name} {home.last_name}",
            identities=tuple(self._identities(home, first_name, index, is_member)),
            consents=self._consents(home.country, index),
            preferences=self._preferences(index),
            addresses=self._addresses(home, index),
        )
        account = LoyaltyAccountId(dice.id(Kind.LOYALTY_ACCOUNT, since)) if is_member else None
        return Person(customer, home.country, account)

    def _identities(
        self, home: Household, first_name: str, index: int, is_member: bool
    ) -> list[Identity]:
        dice, web, till = self._dice, self._code("webshop", home), self._code("pos", home)
        kind, strength = IdentityKind, EvidenceStrength
        found: list[Identity] = []
        if index == 0 or dice.chance(0.9):
            address = mail(first_name, home.last_name, index)
            found.append(Identity(kind.EMAIL, address, strength.PROVEN, web, EPOCH, address))
        if home.phone:
            value, given = home.phone
            found.append(Identity(kind.PHONE, value, strength.STRONG, till, None, given))
        if is_member:
            number = f"FB{7_000_000_000 + index * 37}"
            found.append(Identity(kind.LOYALTY_NO, number, strength.PROVEN, till, EPOCH))
        if index == 0 or dice.chance(0.35):
            card = f"fp_{dice.text(16)}"
            found.append(Identity(kind.CARD_FINGERPRINT, card, strength.WEAK, till))
        if dice.chance(0.2):
            account = f"webshop:{FIRST_NUMBER + index}"
            found.append(Identity(kind.EXTERNAL_ACCOUNT, account, strength.STRONG, web, EPOCH))
        return found

    def _consents(self, country: str, index: int) -> tuple[Consent, ...]:
        source = self._channels[f"webshop-{country.lower()}"]
        granted = {
            ConsentPurpose.SERVICE: 1.0,
            ConsentPurpose.MARKETING_EMAIL: 0.5,
            ConsentPurpose.PERSONALISATION: 1.0 if index == 0 else 0.6,
            ConsentPurpose.CARD_RECOGNITION: 1.0 if index == 0 else 0.3,
        }
        return tuple(
            Consent(purpose, self._dice.chance(share), EPOCH, source, "account form, version 3")
            for purpose, share in granted.items()
        )

    def _preferences(self, index: int) -> tuple[MetadataEntry, ...]:
        if index and not self._dice.chance(0.3):
            return ()
        return (MetadataEntry("taste", self._dice.one(TASTES), MetadataVisibility.PUBLIC),)

    def _addresses(self, home: Household, index: int) -> tuple[Address, ...]:
        known = [(home.lines, home.city, home.postcode)]
        if index == 0:
            known.append((("Fjällvägen 7", "c/o Ahlberg"), "Åre", "837 52"))
        elif self._dice.chance(0.2):
            known.clear()
        return tuple(
            Address(
                id=self._dice.id(Kind.ADDRESS),
                lines=lines,
                city=city,
                country=home.country,
                postcode=postcode,
                is_default_delivery=place == 0,
            )
            for place, (lines, city, postcode) in enumerate(known)
        )

    def _code(self, kind: str, home: Household) -> ChannelId:
        return self._channels[f"{kind}-{home.country.lower()}"]


def _first_household() -> Household:
    phone = ("+46701234567", "070-123 45 67")
    return Household("SE", FAMILY_NAME, ("Götgatan 91", "lgh 1203"), "Stockholm", "116 62", phone)


FORMATS = {"SE": ("70", "0{}-{} {} {}"), "NO": ("4", "{}{} {} {}"), "FI": ("40", "0{} {} {}{}")}


def telephone(country: str, index: int) -> tuple[str, str]:
    """A mobile number as it is compared and as people write it; another for each index."""
    prefix, written = FORMATS[country]
    digits = f"{3_000_000 + index * 137}"
    given = written.format(prefix, digits[:3], digits[3:5], digits[5:])
    return f"+{COUNTRIES[country].dial}{prefix}{digits}", given
