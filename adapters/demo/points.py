"""Loyalty: points earned, spent, taken back and expired; an account is the sum of its entries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from adapters.demo.dice import EPOCH, Dice
from adapters.demo.master import COUNTRIES, ERP, Chain
from adapters.demo.orders import Ticket
from adapters.demo.people import Person
from adapters.demo.plans import Sale
from adapters.demo.returns import Credit
from domain import money
from domain.customers import LoyaltyAccount, LoyaltyEntry, LoyaltyKind
from domain.ids import ChannelId, Kind, LoyaltyAccountId, LoyaltyEntryId
from domain.orders import OrderState
from domain.payments import OperationPhase

TIERS = ((1500, "Barista"), (500, "Crema"), (0, "Bean"))
VALID_FOR = timedelta(days=365)
SOON = timedelta(seconds=10)
SPENT_AT_ONCE = 100
EXPIRY_AGO = timedelta(days=45)
CARRIED_OVER = 640
"""What the first customer brings along."""


class Ledger:
    """Keeps the points of everybody. Only points carried over are spent, so none fall short."""

    def __init__(self, chain: Chain, people: Sequence[Person], until: datetime) -> None:
        self._dice = Dice("points")
        self._erp = ChannelId(chain.channels[ERP].id)
        self._owners = {one.account_id: one.id for one in people if one.account_id}
        self._spendable: dict[LoyaltyAccountId, int] = {}
        self._pending: defaultdict[LoyaltyAccountId, int] = defaultdict(int)
        self._entries: defaultdict[LoyaltyAccountId, list[LoyaltyEntry]] = defaultdict(list)
        for account in self._owners:
            is_first = account == people[0].account_id
            self._spendable[account] = self._carry_over(
                account, is_first=is_first, expiry=until - EXPIRY_AGO
            )

    def spend(self, sale: Sale) -> int:
        """How many points pay a part of `sale`; they are gone from now on."""
        account = sale.person.account_id if sale.person else None
        if account is None or not sale.spends_points or not sale.course.is_plain:
            return 0
        worth = SPENT_AT_ONCE * COUNTRIES[sale.country].point_worth
        if self._spendable[account] < SPENT_AT_ONCE or sale.goods_minor < 2 * worth:
            return 0
        self._spendable[account] -= SPENT_AT_ONCE
        return SPENT_AT_ONCE

    def record(self, ticket: Ticket, credits: Sequence[Credit]) -> None:
        """Write down what a sale does to the points of its buyer."""
        sale = ticket.sale
        account = sale.person.account_id if sale.person else None
        if account is None:
            return
        base = max(0, sum(ticket.worths) - sum(c.minor for c in credits if c.return_id is None))
        points = base // COUNTRIES[sale.country].point_costs
        if ticket.points:
            self._add(account, LoyaltyKind.REDEEM, -ticket.points, sale.placed_at, ticket)
        if sale.course.state is OrderState.CONFIRMED:
            self._pending[account] += points
        if sale.course.state is OrderState.COMPLETED and points:
            self._earn(ticket, account, points, base, credits)

    def close(self) -> tuple[list[LoyaltyAccount], list[LoyaltyEntry]]:
        """All accounts, and all entries in the order of the accounts."""
        accounts = [self._account(account) for account in self._owners]
        return accounts, [entry for entries in self._entries.values() for entry in entries]

    def _earn(
        self,
        ticket: Ticket,
        account: LoyaltyAccountId,
        points: int,
        base: int,
        credits: Sequence[Credit],
    ) -> None:
        at = _completed_at(ticket.sale)
        earned = self._add(account, LoyaltyKind.EARN, points, at, ticket)
        for credit in credits:
            taken = money.portion(points, 0, credit.minor, base)
            if taken and credit.return_id and credit.phase is OperationPhase.SUCCEEDED:
                kind = LoyaltyKind.EARN_REVERSAL
                self._add(account, kind, -taken, credit.at, ticket, reverses=earned)

    def _add(
        self,
        account: LoyaltyAccountId,
        kind: LoyaltyKind,
        points: int,
        at: datetime,
        ticket: Ticket | None = None,
        reverses: LoyaltyEntryId | None = None,
    ) -> LoyaltyEntryId:
        entry = LoyaltyEntry(
            id=LoyaltyEntryId(self._dice.id(Kind.LOYALTY_ENTRY, at)),
            account_id=account,
            customer_id=self._owners[account],
            kind=kind,
            points=points,
            at=at,
            channel_id=ticket.order.channel_id if ticket else self._erp,
            order_id=ticket.order_id if ticket else None,
            reverses_id=reverses,
            expires_at=at + VALID_FOR if kind is LoyaltyKind.EARN else None,
        )
        self._entries[account].append(entry)
        return entry.id

    def _carry_over(self, account: LoyaltyAccountId, *, is_first: bool, expiry: datetime) -> int:
        """Points from before; some have expired since. Returns what is left of them."""
        points = CARRIED_OVER if is_first else self._dice.between(1, 90) * 10
        lost = points // 4 if not is_first and self._dice.chance(0.12) else 0
        self._add(account, LoyaltyKind.ADJUST, points, EPOCH)
        if lost:
            self._add(account, LoyaltyKind.EXPIRE, -lost, expiry)
        return points - lost

    def _account(self, account: LoyaltyAccountId) -> LoyaltyAccount:
        entries = self._entries[account]
        balance = sum(entry.points for entry in entries)
        return LoyaltyAccount(
            id=account,
            version=1 + len(entries),
            updated_at=max((entry.at for entry in entries), default=EPOCH),
            customer_id=self._owners[account],
            balance=balance,
            pending=self._pending[account],
            tier=next(name for least, name in TIERS if balance >= least),
        )


def _completed_at(sale: Sale) -> datetime:
    return sale.placed_at + SOON if sale.is_at_till else sale.at(50)
