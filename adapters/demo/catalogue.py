"""What the chain sells."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from adapters.demo.dice import EPOCH, Dice
from adapters.demo.master import COUNTRIES, EUR, NOK
from domain.catalog import Price, Product
from domain.ids import Kind, Sku
from domain.money import Currency


class Shelf(StrEnum):
    """What sort of article it is: cups are served, the rest is carried or sent home."""

    CUP = "CUP"
    FOOD = "FOOD"
    GOODS = "GOODS"


class Article(Struct, frozen=True):
    """A row of the range: `kronor` is the Swedish price before a reduction of `off` per cent."""

    sku: str
    name: str
    shelf: Shelf
    kronor: int
    description: str
    off: int = 0


CUP, FOOD, GOODS = Shelf

POPULAR = "MUG-FJORD-BLUE"
UNPUBLISHED = "CUP-XMAS-SPICE"
BACKORDERED = frozenset({"BRW-ESP-PRO", "BRW-GRIND-E", "BEAN-GESHA-125"})

RANGE = (
    Article("MUG-FJORD-BLUE", "Fjord mug, blue", GOODS, 179, "The mug everybody asks for; 30 cl."),
    Article("BEAN-HUS-250", "House blend, beans 250 g", FOOD, 89, "Medium roast, every day."),
    Article("BEAN-HUS-1000", "House blend, beans 1 kg", FOOD, 299, "The big bag.", 10),
    Article("BEAN-NORR-250", "Norrsken dark roast, beans 250 g", FOOD, 95, "Dark and smoky."),
    Article("BEAN-FJELL-250", "Fjell light roast, beans 250 g", FOOD, 109, "Light, with berries."),
    Article("BEAN-ETH-250", "Ethiopia Guji, beans 250 g", FOOD, 129, "Jasmine and peach."),
    Article("BEAN-KEN-250", "Kenya Nyeri, beans 250 g", FOOD, 139, "Blackcurrant."),
    Article("BEAN-COL-250", "Colombia Huila, beans 250 g", FOOD, 119, "Caramel and orange."),
    Article("BEAN-DECAF-250", "Decaf Sidamo, beans 250 g", FOOD, 115, "Water process.", 20),
    Article("BEAN-GESHA-125", "Gesha reserve, beans 125 g", FOOD, 249, "A few bags a year."),
    Article("GRND-HUS-450", "House blend, ground 450 g", FOOD, 99, "For filter brewers."),
    Article("GRND-KOK-450", "Boiled coffee, coarse 450 g", FOOD, 95, "For the open fire."),
    Article("CAP-HUS-10", "House blend, 10 capsules", FOOD, 59, "Compostable."),
    Article("TEA-GRAN-100", "Spruce tip tea 100 g", FOOD, 79, "Picked in May."),
    Article("CHOC-SEA-100", "Sea salt chocolate 100 g", FOOD, 55, "Dark, 70 %."),
    Article("CUP-FILTER", "Filter coffee", CUP, 32, "With a refill."),
    Article("CUP-ESPRESSO", "Espresso", CUP, 29, "Double."),
    Article("CUP-CAPPUCCINO", "Cappuccino", CUP, 45, "Oat milk if you like."),
    Article("CUP-LATTE", "Caffè latte", CUP, 49, "Large."),
    Article("CUP-CORTADO", "Cortado", CUP, 42, "Half and half."),
    Article("CUP-COLD", "Cold brew", CUP, 48, "Eighteen hours."),
    Article("CUP-XMAS-SPICE", "Christmas spice latte", CUP, 55, "From the first of Advent."),
    Article("BUN-CARDAMOM", "Cardamom bun", CUP, 38, "Baked here every morning."),
    Article("BUN-CINNAMON", "Cinnamon bun", CUP, 36, "Baked here every morning."),
    Article("MUG-FJORD-MOSS", "Fjord mug, moss green", GOODS, 179, "Stoneware, 30 cl."),
    Article("MUG-FJORD-SAND", "Fjord mug, sand", GOODS, 179, "Stoneware, 30 cl.", 25),
    Article("MUG-ENAMEL", "Enamel camping mug", GOODS, 129, "Survives the rucksack."),
    Article("MUG-TRAVEL", "Travel mug 40 cl", GOODS, 349, "Hot for six hours."),
    Article("MUG-KUKSA", "Birch kuksa", GOODS, 599, "Carved by hand."),
    Article("BRW-V60", "Pour-over dripper", GOODS, 249, "Porcelain, for one or two cups."),
    Article("BRW-CHEMEX-6", "Glass brewer, six cups", GOODS, 649, "With a wooden collar."),
    Article("BRW-AERO", "Travel press", GOODS, 449, "Coffee in a minute.", 15),
    Article("BRW-FRENCH-1L", "French press 1 l", GOODS, 399, "Double-walled steel."),
    Article("BRW-MOKA-3", "Moka pot, three cups", GOODS, 329, "For the stove."),
    Article("BRW-ESP-PRO", "Espresso machine Pro", GOODS, 8990, "Two boilers."),
    Article("BRW-GRIND-H", "Hand grinder", GOODS, 899, "Steel burrs."),
    Article("BRW-GRIND-E", "Electric grinder", GOODS, 2490, "Forty steps."),
    Article("BRW-KETTLE", "Gooseneck kettle", GOODS, 1190, "To the degree.", 10),
    Article("FLT-V60-100", "Paper filters for dripper, 100", GOODS, 69, "Unbleached."),
    Article("FLT-CHEMEX-100", "Paper filters for glass brewer, 100", GOODS, 119, "Bonded."),
    Article("FLT-STEEL", "Steel filter", GOODS, 199, "For ever."),
    Article("ACC-SCALE", "Coffee scale", GOODS, 549, "With a timer; 0.1 g."),
)


class Range(Struct, frozen=True):
    """The products, and which of them are for sale, by shelf."""

    products: list[Product]
    by_sku: dict[str, Product]
    cups: list[Product]
    parcels: list[Product]


def assortment(count: int) -> Range:
    """`count` products, the popular ones first; beyond the table there are more sizes of each."""
    dice = Dice("catalogue")
    articles = [_article(index) for index in range(count)]
    products = [_product(dice, index, article) for index, article in enumerate(articles)]
    for_sale = [
        (article, product)
        for article, product in zip(articles, products, strict=True)
        if product.is_published
    ]
    return Range(
        products,
        {product.sku: product for product in products},
        [product for article, product in for_sale if article.shelf is CUP],
        [product for article, product in for_sale if article.shelf is not CUP],
    )


def _article(index: int) -> Article:
    edition, row = divmod(index, len(RANGE))
    base = RANGE[row]
    if not edition:
        return base
    sku, name = f"{base.sku}-E{edition + 1}", f"{base.name}, edition {edition + 1}"
    return Article(sku, name, base.shelf, base.kronor + edition, base.description, base.off)


def _product(dice: Dice, index: int, article: Article) -> Product:
    return Product(
        id=dice.id(Kind.PRODUCT),
        updated_at=EPOCH,
        sku=Sku(article.sku),
        name=article.name,
        description=article.description,
        barcodes=() if article.shelf is CUP else (ean13(f"2000{index:08}"),),
        prices=_prices(article),
        is_published=article.sku != UNPUBLISHED,
        allows_backorder=article.sku in BACKORDERED,
    )


def ean13(digits: str) -> str:
    """Twelve digits and the check digit. Those that begin with 2 are for use inside a chain."""
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-weighted % 10}"


def _prices(article: Article) -> tuple[Price, ...]:
    return tuple(
        _price(article, country.code, country.currency, country.goods_bps)
        if article.shelf is GOODS
        else _price(article, country.code, country.currency, country.food_bps)
        for country in COUNTRIES.values()
    )


def _price(article: Article, country: str, currency: Currency, rate_bps: int) -> Price:
    unit = _minor(article.kronor * (100 - article.off), currency)
    listed = _minor(article.kronor * 100, currency)
    return Price(currency, unit, listed, f"{country}-{rate_bps / 100:g}", rate_bps)


def _minor(ore: int, currency: Currency) -> int:
    """Whole kronor, somewhat more in Norway; euros to the ten cents."""
    if currency == EUR:
        return ore // 110 * 10
    return ore * (108 if currency == NOK else 100) // 10_000 * 100
