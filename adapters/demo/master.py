"""Countries, stores and channels of the chain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from msgspec import Struct

from adapters.demo.dice import EPOCH, Dice
from domain.catalog import GeoPoint, Location, LocationKind
from domain.ids import Kind, LocationId
from domain.money import Currency
from domain.operations import Channel, ChannelKind

CHAIN = "Fjord & Bean"
WAREHOUSE = "ORE"
QUARANTINE = "QUA"

SEK, NOK, EUR = Currency("SEK"), Currency("NOK"), Currency("EUR")


class Country(Struct, frozen=True, kw_only=True):
    """What differs from country to country. Rates are basis points, amounts minor units.

    `point_costs` is spent to earn a point, and `point_worth` is what it pays.
    """

    code: str
    currency: Currency
    food_bps: int
    goods_bps: int
    delivery_fee: int
    free_delivery_from: int
    coin: int
    point_costs: int
    point_worth: int
    carrier: str
    tracking_url: str
    dial: str


COUNTRIES: Mapping[str, Country] = MappingProxyType(
    {
        "SE": Country(
            code="SE",
            currency=SEK,
            food_bps=1200,
            goods_bps=2500,
            delivery_fee=4900,
            free_delivery_from=59_900,
            coin=100,
            point_costs=1000,
            point_worth=50,
            carrier="PostNord",
            tracking_url="https://tracking.postnord.com/se/?id={}",
            dial="46",
        ),
        "NO": Country(
            code="NO",
            currency=NOK,
            food_bps=1500,
            goods_bps=2500,
            delivery_fee=5900,
            free_delivery_from=69_900,
            coin=100,
            point_costs=1000,
            point_worth=50,
            carrier="Posten",
            tracking_url="https://sporing.posten.no/sporing/{}",
            dial="47",
        ),
        "FI": Country(
            code="FI",
            currency=EUR,
            food_bps=1400,
            goods_bps=2550,
            delivery_fee=490,
            free_delivery_from=5900,
            coin=5,
            point_costs=100,
            point_worth=5,
            carrier="Posti",
            tracking_url="https://www.posti.fi/en/tracking#/lahetys/{}",
            dial="358",
        ),
    }
)

S, W, Q = LocationKind.STORE, LocationKind.WAREHOUSE, LocationKind.QUARANTINE

PLACES = (
    ("STO", S, "SE", "Stockholm Södermalm", "Europe/Stockholm", 59.3145, 18.0730),
    ("GOT", S, "SE", "Göteborg Haga", "Europe/Stockholm", 57.6989, 11.9560),
    ("MMA", S, "SE", "Malmö Möllan", "Europe/Stockholm", 55.5926, 13.0075),
    ("UME", S, "SE", "Umeå Rådhustorget", "Europe/Stockholm", 63.8258, 20.2630),
    ("OSL", S, "NO", "Oslo Grünerløkka", "Europe/Oslo", 59.9226, 10.7586),
    ("BGO", S, "NO", "Bergen Bryggen", "Europe/Oslo", 60.3971, 5.3245),
    ("TRD", S, "NO", "Trondheim Bakklandet", "Europe/Oslo", 63.4288, 10.4030),
    ("HEL", S, "FI", "Helsinki Kallio", "Europe/Helsinki", 60.1841, 24.9498),
    ("TMP", S, "FI", "Tampere Tammela", "Europe/Helsinki", 61.4981, 23.7787),
    (WAREHOUSE, W, "SE", "Central warehouse Örebro", "Europe/Stockholm", 59.2741, 15.2066),
    (QUARANTINE, Q, "SE", "Quarantine shelf Örebro", "Europe/Stockholm", 59.2741, 15.2066),
)

SHOPS = (
    ("webshop", ChannelKind.WEBSHOP, "web shop", 2),
    ("app", ChannelKind.APP, "app", 1),
    ("pos", ChannelKind.POS, "tills", 0),
)
"""One of each per country: code, kind, name, and the units of safety stock."""

MARKETPLACE = "nordicfinds"
ERP = "erp"

FEEDS = (
    ("stripe", ChannelKind.PAYMENT_PROVIDER, "Stripe"),
    ("adyen-terminal", ChannelKind.PAYMENT_PROVIDER, "Adyen terminals"),
    ("swish", ChannelKind.PAYMENT_PROVIDER, "Swish"),
    ("vipps", ChannelKind.PAYMENT_PROVIDER, "Vipps MobilePay"),
    ("klarna", ChannelKind.PAYMENT_PROVIDER, "Klarna"),
    (ERP, ChannelKind.ERP, "Business system"),
)


class Chain(Struct, frozen=True):
    """Channels and locations by their code, and the stores of each country."""

    channels: Mapping[str, Channel]
    locations: Mapping[str, Location]
    stores: Mapping[str, Sequence[Location]]

    @property
    def warehouse(self) -> Location:
        return self.locations[WAREHOUSE]

    @property
    def quarantine(self) -> Location:
        return self.locations[QUARANTINE]


def chain() -> Chain:
    """The chain, the same every time."""
    dice = Dice("master")
    locations = {place[0]: _location(dice, *place) for place in PLACES}
    stores = {
        country: [
            locations[code] for code, kind, where, *_ in PLACES if (kind, where) == (S, country)
        ]
        for country in COUNTRIES
    }
    sells_from = {country: _ids([*at, locations[WAREHOUSE]]) for country, at in stores.items()}
    channels = [
        *_shops(dice, sells_from),
        _marketplace(dice, _ids([locations[WAREHOUSE]])),
        *_feeds(dice),
    ]
    return Chain({channel.code: channel for channel in channels}, locations, stores)


def _ids(locations: Sequence[Location]) -> tuple[LocationId, ...]:
    return tuple(LocationId(location.id) for location in locations)


def _location(
    dice: Dice,
    code: str,
    kind: LocationKind,
    _country: str,
    name: str,
    timezone: str,
    lat: float,
    lon: float,
) -> Location:
    return Location(
        id=dice.id(Kind.LOCATION),
        updated_at=EPOCH,
        code=code,
        kind=kind,
        name=f"{CHAIN} {name}",
        timezone=timezone,
        offers_pickup=kind is S,
        accepts_returns=kind is not Q,
        position=GeoPoint(lat, lon),
    )


def _shops(dice: Dice, sells_from: Mapping[str, tuple[LocationId, ...]]) -> list[Channel]:
    return [
        Channel(
            id=dice.id(Kind.CHANNEL),
            updated_at=EPOCH,
            code=f"{code}-{country.code.lower()}",
            kind=kind,
            name=f"{CHAIN} {name}, {country.code}",
            currency=country.currency,
            country=country.code,
            sells_from=sells_from[country.code],
            safety_stock=safety_stock,
        )
        for code, kind, name, safety_stock in SHOPS
        for country in COUNTRIES.values()
    ]


def _marketplace(dice: Dice, sells_from: tuple[LocationId, ...]) -> Channel:
    return Channel(
        id=dice.id(Kind.CHANNEL),
        updated_at=EPOCH,
        code=MARKETPLACE,
        kind=ChannelKind.MARKETPLACE,
        name="Nordic Finds marketplace",
        currency=SEK,
        country="SE",
        sells_from=sells_from,
        safety_stock=5,
    )


def _feeds(dice: Dice) -> list[Channel]:
    return [
        Channel(id=dice.id(Kind.CHANNEL), updated_at=EPOCH, code=code, kind=kind, name=name)
        for code, kind, name in FEEDS
    ]
