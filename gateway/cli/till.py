"""`kassa till`: the reference till, which speaks the protocol of docs/till.md."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from msgspec import Struct
from rich.markup import escape
from rich.table import Table

from domain.errors import BadInput, Unavailable
from domain.payments import TenderKind
from gateway import settings as environment
from gateway.channels import practice
from gateway.terminal import complain, out, sentences
from gateway.tilling import log, messages, prices, sending
from gateway.tilling.log import Log
from gateway.tilling.messages import Goods, Message

UNSIGNED = (
    "There is no secret in {path}. `make run` makes one for a till to try; where another channel's "
    "is, say with --secret."
)
NO_PRICE = "Offline nobody can be asked for a price: give --price, --currency and --at."
SHOWN = 20

app = typer.Typer(no_args_is_help=True, help="A till: sells, also offline, and tells the shop.")


class Till(Struct, frozen=True):
    """Where the shop is, and where this till keeps its log and its secret."""

    url: str
    channel: str
    secret: Path
    file: Path
    token: str

    @property
    def place(self) -> sending.Place:
        try:
            text = self.secret.read_text(encoding="ascii").strip()
        except (OSError, UnicodeError) as error:
            raise BadInput(UNSIGNED.format(path=self.secret)) from error
        return sending.Place(f"{self.url.rstrip('/')}/webhooks/{self.channel}", text)


Offline = Annotated[bool, typer.Option("--offline", help="Only write it down; sync sends it.")]
At = Annotated[str | None, typer.Option(help="At which location, by its code.")]
Price = Annotated[
    int | None, typer.Option(min=0, help="What one costs, in minor units. [asks the shop]")
]
Money = Annotated[str | None, typer.Option(help="In which currency, such as SEK.")]
Kind = Annotated[TenderKind, typer.Option("--with", help="What is paid with.")]
PaidBy = Annotated[
    str | None, typer.Option(help="Who took the money, such as stripe:pi_123, and tells of it.")
]


@app.callback()
def chosen(
    context: typer.Context,
    url: Annotated[str, typer.Option(help="Where the shop is.")] = "http://127.0.0.1:8000",
    channel: Annotated[str, typer.Option(help="The till's channel there.")] = practice.NAME,
    secret: Annotated[Path | None, typer.Option(help="The file with the channel's secret.")] = None,
    file: Annotated[
        Path | None, typer.Option("--log", help="The file with this till's log.")
    ] = None,
    token: Annotated[str, typer.Option(help="As whom to ask for prices: a token.")] = "dev.system",  # noqa: S107
) -> None:
    """A till: sells, also offline, and tells the shop."""
    with sentences():
        settings = environment.read()
    kept = file or settings.data / "till.log"
    context.obj = Till(url, channel, secret or practice.secret_file(settings), kept, token)


@app.command()
def sell(
    context: typer.Context,
    skus: Annotated[list[str], typer.Argument(help="What is sold; twice for two.")],
    at: At = None,
    price: Price = None,
    currency: Money = None,
    kind: Kind = TenderKind.CASH,
    paid_by: PaidBy = None,
    offline: Offline = False,
) -> None:
    """Sell something, and have it paid."""
    till: Till = context.obj
    with _telling(till, offline=offline) as written:
        units = Counter(skus)
        if price is not None and currency and at:
            goods = [Goods(sku, number, price) for sku, number in units.items()]
        elif offline:
            raise BadInput(NO_PRICE)
        else:
            articles = {
                sku: asyncio.run(prices.look_up(till.url, till.token, sku)) for sku in units
            }
            first = next(iter(articles.values()))
            at, currency = at or first.location, currency or first.currency
            goods = [_goods(sku, units[sku], each, price) for sku, each in articles.items()]
            if any(each.currency != currency for each in articles.values()) or at is None:
                raise BadInput("They are sold nowhere in one currency: give --currency and --at.")
        tender = messages.tender(kind, paid_by)
        _note(written, messages.sale(goods, at, currency, tender))


@app.command("return")
def take_back(
    context: typer.Context,
    sale: Annotated[int, typer.Argument(help="The number of the sale in this till's log.")],
    skus: Annotated[list[str] | None, typer.Argument(help="What came back. [all of it]")] = None,
    offline: Offline = False,
) -> None:
    """Take goods of a sale back, and give the money."""
    with _telling(context.obj, offline=offline) as written:
        sold = written.entry(sale)
        if sold is None:
            raise BadInput(f"There is no #{sale} in this till's log.")
        _note(written, messages.back(sold, written.device, skus or []))


@app.command()
def count(
    context: typer.Context,
    sku: Annotated[str, typer.Argument(help="What was counted.")],
    units: Annotated[int, typer.Argument(min=0, help="How many there are.")],
    at: Annotated[str, typer.Option(help="At which location, by its code.")],
    offline: Offline = False,
) -> None:
    """Tell how many units stand on the shelf."""
    with _telling(context.obj, offline=offline) as written:
        _note(written, messages.count(sku, units, at))


@app.command()
def pay(
    context: typer.Context,
    order: Annotated[str, typer.Argument(help="For which order, such as shopify:order:9001.")],
    amount: Annotated[int, typer.Argument(min=1, help="How much, in minor units.")],
    currency: Annotated[str, typer.Argument(help="In which currency, such as SEK.")],
    kind: Kind = TenderKind.CARD,
    paid_by: PaidBy = None,
    offline: Offline = False,
) -> None:
    """Take money for an order of another channel."""
    with _telling(context.obj, offline=offline) as written:
        tender = {**messages.tender(kind, paid_by), "amount": amount}
        _note(written, messages.payment(order, currency, tender))


@app.command()
def sync(context: typer.Context) -> None:
    """Send what the shop has not, and ask what became of it."""
    with sentences(), log.opened(context.obj.file) as written:
        count = sending.sync(written, context.obj.place)
        out.print(f"{count} sent as {written.device}.")
        _show(written)


@app.command("log")
def listed(context: typer.Context) -> None:
    """Show what happened at this till lately, and what became of it."""
    with sentences(), log.opened(context.obj.file) as written:
        _show(written)


def _goods(sku: str, units: int, article: prices.Article, price: int | None) -> Goods:
    if price is None:
        return Goods(sku, units, article.unit, article.tax, article.name)
    return Goods(sku, units, price, name=article.name)


@contextmanager
def _telling(till: Till, *, offline: bool) -> Generator[Log]:
    """The log; what is written to it is told at once, if the shop can be reached."""
    with sentences(), log.opened(till.file) as written:
        yield written
        if offline:
            out.print("Kept in the log; `kassa till sync` sends it.")
            return
        try:
            sending.sync(written, till.place)
        except Unavailable as error:
            complain(error.message)
        _show(written, 1)


def _note(written: Log, message: Message) -> None:
    number = written.write(message)
    out.print(f"{message['type']} #{number} of {written.device}")


def _show(written: Log, most: int = SHOWN) -> None:
    table = Table("#", "what", "at", "outcome", "why")
    for each in reversed(written.latest(most)):
        state = each.outcome or ("WAITING" if each.is_kept else "not sent")
        at = str(each.message["at"])[:19]
        table.add_row(str(each.sequence), each.message["type"], at, state, escape(each.why or ""))
    out.print(table)
