"""Why a mutation did nothing: data, beside what it would have given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import ID

from domain import refusals
from domain.money import Currency
from domain.refusals import ErrorCode
from resolvers import commands as resolvers
from resolvers import stock
from schema.fields import attribute, batched, computed, enumerated, shows
from schema.shared import Money, Node

if TYPE_CHECKING:
    from schema.catalog import Location, Product

ProductRef = Annotated["Product", strawberry.lazy("schema.catalog")]
LocationRef = Annotated["Location", strawberry.lazy("schema.catalog")]

enumerated(ErrorCode)


@strawberry.interface(description="Why nothing was done.")
class UserError:
    """Why nothing was done."""

    code: ErrorCode = computed(resolvers.code, "Which rule said no.")
    message: str = attribute("A sentence that may be shown.")
    path: list[str] | None = attribute("The argument it is about, from the input down.")
    retryable: bool = attribute("May the same request, with the same key, succeed later?")


@strawberry.interface(description="What every mutation answers.")
class MutationResult:
    """What every mutation answers."""

    user_errors: list[UserError] = computed(
        resolvers.refusals, "Why nothing was done; empty if it was."
    )
    replayed: bool = attribute("Was this done before, and is only told again?")


@shows(refusals.Plain, within=resolvers.refusal)
class GenericError(UserError):
    """A refusal that needs no more than its sentence."""


@shows(refusals.VersionConflict, within=resolvers.refusal)
class VersionConflict(UserError):
    """Somebody changed it since it was seen."""

    expected: int = attribute("The version that was seen.")
    actual: int = attribute("The version it has by now.")
    current: Node | None = batched(stock.conflict_current, "The thing as it is by now.")


@shows(refusals.IllegalTransition, within=resolvers.refusal)
class IllegalTransition(UserError):
    """It cannot go there from where it is."""

    from_state: str = attribute("Where it is.")
    to_state: str = attribute("Where it was to go.")
    allowed: list[str] = attribute("Where it may go.")


@shows(refusals.Elsewhere)
class StockElsewhere:
    """Units of the same product at another location."""

    location: LocationRef = batched(stock.elsewhere_location, "Where.")
    sellable: int = attribute("How many units may be promised there.")


@shows(refusals.InsufficientStock, within=resolvers.refusal)
class InsufficientStock(UserError):
    """More units were asked for than may be promised."""

    product: ProductRef | None = batched(stock.short_product, "Of what.")
    location: LocationRef | None = batched(stock.short_location, "Where.")
    asked: int = attribute("How many units were asked for.")
    sellable: int = attribute("How many may be promised.")
    elsewhere: list[StockElsewhere] = attribute("Where else there are some, the most first.")


@shows(refusals.AmountExceedsAuthorised, within=resolvers.refusal)
class AmountExceedsAuthorised(UserError):
    """More was to be taken, or let go, than is promised and still open."""

    wanted: Money = attribute("How much was asked for.")
    authorised: Money = attribute("How much is promised, and neither taken nor let go.")


@shows(refusals.AmountExceedsRefundable, within=resolvers.refusal)
class AmountExceedsRefundable(UserError):
    """More was to be given back than is left."""

    wanted: Money = attribute("How much was asked for.")
    refundable: Money = attribute("How much can be given back.")


@shows(refusals.AmountExceedsDue, within=resolvers.refusal)
class AmountExceedsDue(UserError):
    """More was to be asked of a customer than is still due, and asked for by no other link."""

    wanted: Money = attribute("How much was asked for.")
    due: Money = attribute("How much may still be asked for.")


@shows(refusals.OtherCurrency, within=resolvers.refusal)
class CurrencyMismatch(UserError):
    """An amount is in another currency than what it belongs to."""

    expected_currency: Currency = attribute("The currency of what it belongs to.")
    given_currency: Currency = attribute("The currency it was in.")


@shows(refusals.ProviderRefused, within=resolvers.refusal)
class ProviderRefused(UserError):
    """The provider was told, and will not do it. What was set aside for it is free again."""

    operation: ID = attribute("What has failed, an operation or a link: `node(id:)` finds it.")
    provider: str = attribute("Who will not.")
    decline_code: str | None = attribute("Why, in the provider's own word.")


REFUSALS = (
    GenericError,
    VersionConflict,
    IllegalTransition,
    InsufficientStock,
    AmountExceedsAuthorised,
    AmountExceedsRefundable,
    AmountExceedsDue,
    CurrencyMismatch,
    ProviderRefused,
)
