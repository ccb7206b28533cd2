"""What a resolver may use: who asks, what is asked below, and the loaders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property

from msgspec import Struct

from domain.ports import Repositories, Stores, Wanted
from domain.viewer import Viewer
from loaders.catalog import CatalogLoaders
from loaders.customers import CustomerLoaders
from loaders.journal import JournalLoaders
from loaders.operations import ChannelLoaders, IncidentLoaders
from loaders.orders import OrderLoaders
from loaders.payments import PaymentLoaders
from loaders.stock import StockLoaders
from resolvers.asks import Asks
from resolvers.batches import Batches
from resolvers.selection import Selection

Audit = Callable[[str, Mapping[str, object]], None]


class Served(Struct, frozen=True):
    """Which part of the graph is served.

    `sdl` is what a router reads of it, `entities` the types that it can look up for a router,
    `nodes` those that `node` may answer.
    """

    sdl: str
    entities: frozenset[str]
    nodes: frozenset[str]


class Context:
    """One request of one viewer. Nothing in it outlives the request or is shared with another."""

    def __init__(
        self,
        viewer: Viewer,
        repositories: Repositories,
        stores: Stores,
        *,
        served: Served,
        now: datetime,
        country: str,
        audit: Audit,
        asks: Asks | None = None,
    ) -> None:
        self.viewer = viewer
        self.stores = stores
        self.served = served
        self.now = now
        self.country = country
        self.audit = audit
        self.asks = asks or Asks()
        self._repositories = repositories

    def narrowed(self, wanted: Wanted) -> Context:
        """The same request, where reads may leave out what is not `wanted`."""
        return self._over(self._repositories.narrowed(wanted))

    def anew(self) -> Context:
        """The same request, which has not read anything yet."""
        return self._over(self._repositories)

    def _over(self, repositories: Repositories) -> Context:
        return Context(
            self.viewer,
            repositories,
            self.stores,
            served=self.served,
            now=self.now,
            country=self.country,
            audit=self.audit,
            asks=self.asks,
        )

    @cached_property
    def customers(self) -> CustomerLoaders:
        return CustomerLoaders(self._repositories.customers, self.viewer)

    @cached_property
    def catalog(self) -> CatalogLoaders:
        return CatalogLoaders(self._repositories.catalog, self.viewer)

    @cached_property
    def stock(self) -> StockLoaders:
        return StockLoaders(self._repositories.stock, self.viewer)

    @cached_property
    def orders(self) -> OrderLoaders:
        return OrderLoaders(self._repositories.orders, self.viewer)

    @cached_property
    def payments(self) -> PaymentLoaders:
        return PaymentLoaders(self._repositories.payments, self.viewer)

    @cached_property
    def channels(self) -> ChannelLoaders:
        return ChannelLoaders(self._repositories.channels, self.viewer)

    @cached_property
    def incidents(self) -> IncidentLoaders:
        return IncidentLoaders(self._repositories.incidents, self.viewer)

    @cached_property
    def journal(self) -> JournalLoaders:
        return JournalLoaders(self._repositories.journal, self.viewer)

    @cached_property
    def batches(self) -> Batches[Info]:
        return Batches(self._info)

    def _info(self, selection: Selection) -> Info:
        return Info(self, selection)


class Info:
    """The second argument of every resolver. It knows no path and no parent."""

    __slots__ = ("context", "selection")

    def __init__(self, context: Context, selection: Selection) -> None:
        self.context = context
        self.selection = selection

    @property
    def viewer(self) -> Viewer:
        return self.context.viewer
