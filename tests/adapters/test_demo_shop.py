"""The demo shop keeps every rule that a real shop must keep."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from adapters.demo import Size, shop
from domain import ids, payments, phones
from domain.catalog import LocationKind
from domain.customers import IdentityKind, LoyaltyKind
from domain.freshness import KASSA, STALE_AFTER
from domain.operations import ChannelKind
from domain.orders import (
    VOID,
    DeliveryMode,
    DispositionKind,
    FulfillmentState,
    OrderState,
    PaymentStatus,
    ReturnState,
    payment_status,
    totals,
)
from domain.payments import OperationKind, OperationPhase, PaymentState, TenderKind
from domain.shop import Shop
from domain.stock import ReservationState, TransferState
from domain.values import MetadataVisibility

UNTIL = datetime(2026, 3, 1, 14, 30, 12, 345_678, tzinfo=UTC)
MUG = "MUG-FJORD-BLUE"
PRINT_DIGEST = (
    "import hashlib, msgspec; from datetime import datetime; from adapters.demo import shop;"
    f"made = shop(datetime.fromisoformat('{UNTIL.isoformat()}'));"
    "print(hashlib.sha256(msgspec.msgpack.encode(made)).hexdigest())"
)


@pytest.fixture(scope="module")
def made() -> Shop:
    return shop(UNTIL)


@pytest.fixture(scope="module")
def orders(made: Shop) -> dict[str, Any]:
    return {order.id: order for order in made.orders}


def by_order(items: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for item in items:
        found[item.order_id].append(item)
    return found


def assert_unique(values: Iterable[object]) -> None:
    assert [value for value, times in Counter(values).items() if times > 1] == []


def times_in(value: object) -> Iterator[datetime]:
    if isinstance(value, datetime):
        yield value
    elif isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            yield from times_in(getattr(value, field))
    elif isinstance(value, dict):
        for one in value.values():
            yield from times_in(one)
    elif isinstance(value, (tuple, list)):
        for one in value:
            yield from times_in(one)


# The same again


@pytest.mark.parametrize("hash_seed", ["1", "2"])
def test_the_same_moment_makes_the_same_shop_in_any_process(made: Shop, hash_seed: str) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}

    printed = subprocess.run(
        [sys.executable, "-c", PRINT_DIGEST], env=environment, capture_output=True, check=True
    ).stdout

    assert printed.decode().strip() == hashlib.sha256(msgspec.msgpack.encode(made)).hexdigest()


def test_two_runs_are_equal_to_the_byte(made: Shop) -> None:
    again = shop(UNTIL)

    assert msgspec.msgpack.encode(again) == msgspec.msgpack.encode(made)


def test_master_data_does_not_move_with_the_day_of_installation(made: Shop) -> None:
    later = shop(UNTIL + timedelta(days=37, minutes=11))

    assert (later.channels, later.locations) == (made.channels, made.locations)
    assert (later.products, later.customers) == (made.products, made.customers)
    assert [one.id for one in later.loyalty_accounts] == [one.id for one in made.loyalty_accounts]


def test_a_bigger_shop_has_what_was_asked_for(made: Shop) -> None:
    bigger = shop(UNTIL, Size(customers=700, orders=2_500, products=90))

    assert (len(bigger.customers), len(bigger.orders), len(bigger.products)) == (700, 2_500, 90)
    assert list(bigger.customers[:300]) == list(made.customers)
    assert_unique(product.sku for product in bigger.products)


def test_a_tiny_shop_still_has_every_course_of_events() -> None:
    tiny = shop(UNTIL, Size(customers=4, orders=1, products=5))

    assert len(tiny.customers) == 4
    assert 50 < len(tiny.orders) < 95
    assert {one.state for one in tiny.fulfillments} == set(FulfillmentState)
    assert all(one.lines for one in [*tiny.fulfillments, *tiny.orders])


def test_it_is_as_large_as_a_demo_should_be(made: Shop) -> None:
    assert (len(made.customers), len(made.orders)) == (300, 1_400)
    assert 38 <= len(made.products) <= 45
    assert sum(location.kind is LocationKind.STORE for location in made.locations) >= 6
    assert {channel.currency for channel in made.channels} == {"SEK", "NOK", "EUR", None}
    assert {channel.kind for channel in made.channels} >= {
        ChannelKind.WEBSHOP,
        ChannelKind.APP,
        ChannelKind.POS,
        ChannelKind.MARKETPLACE,
        ChannelKind.PAYMENT_PROVIDER,
        ChannelKind.ERP,
    }


# Names and times


def test_every_time_is_utc_in_whole_milliseconds(made: Shop) -> None:
    columns = [getattr(made, column) for column in made.__struct_fields__]

    odd = [at for at in times_in(columns) if at.tzinfo is not UTC or at.microsecond % 1000]

    assert odd == []


def test_nothing_happened_after_the_moment_of_making(made: Shop) -> None:
    facts = [*made.orders, *made.fulfillments, *made.returns, *made.payments, *made.stock_levels]
    facts += [*made.reservations, *made.transfers]
    happened = [fact.updated_at for fact in facts]
    happened += [o.occurred_at for payment in made.payments for o in payment.operations]
    happened += [entry.at for entry in made.loyalty_entries]
    happened += [level.observed_at for level in made.stock_levels]

    assert max(happened) <= UNTIL


def test_orders_reach_from_ninety_days_ago_to_minutes_ago(made: Shop) -> None:
    placed = [order.placed_at for order in made.orders]

    assert timedelta(minutes=1) < UNTIL - max(placed) < timedelta(minutes=30)
    assert timedelta(days=80) < UNTIL - min(placed) < timedelta(days=91)
    assert all(order.placed_at <= order.updated_at for order in made.orders)


def test_names_are_unique(made: Shop) -> None:
    entities = [entity for column in made.__struct_fields__ for entity in getattr(made, column)]
    operations = [o for payment in made.payments for o in payment.operations]

    assert_unique(entity.id for entity in entities)
    assert_unique(line.id for order in made.orders for line in order.lines)
    assert_unique(operation.id for operation in operations)
    assert_unique(operation.idempotency_key for operation in operations)
    assert_unique(
        (p.provider, o.provider_ref) for p in made.payments for o in p.operations if o.provider_ref
    )
    assert_unique(event for operation in operations for event in operation.source_events)
    assert_unique(
        (r.system, r.kind, r.value) for e in [*made.orders, *made.payments] for r in e.refs
    )
    assert_unique(order.number for order in made.orders)
    assert_unique(customer.number for customer in made.customers)
    assert_unique(product.sku for product in made.products)
    assert_unique(code for product in made.products for code in product.barcodes)
    assert_unique(channel.code for channel in made.channels)
    assert_unique(location.code for location in made.locations)
    assert_unique((level.sku, level.location_id) for level in made.stock_levels)
    assert_unique(account.customer_id for account in made.loyalty_accounts)
    assert_unique(key for level in made.stock_levels for key in level.reservations)
    assert_unique(f.pickup.code for f in made.fulfillments if f.pickup)


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("channels", ids.Kind.CHANNEL),
        ("locations", ids.Kind.LOCATION),
        ("products", ids.Kind.PRODUCT),
        ("stock_levels", ids.Kind.STOCK_LEVEL),
        ("reservations", ids.Kind.RESERVATION),
        ("transfers", ids.Kind.TRANSFER),
        ("customers", ids.Kind.CUSTOMER),
        ("loyalty_accounts", ids.Kind.LOYALTY_ACCOUNT),
        ("loyalty_entries", ids.Kind.LOYALTY_ENTRY),
        ("orders", ids.Kind.ORDER),
        ("fulfillments", ids.Kind.FULFILLMENT),
        ("returns", ids.Kind.RETURN),
        ("payments", ids.Kind.PAYMENT),
    ],
)
def test_ids_say_what_they_name(made: Shop, column: str, kind: ids.Kind) -> None:
    assert {ids.kind_of(entity.id) for entity in getattr(made, column)} == {kind}


def test_barcodes_have_the_right_check_digit(made: Shop) -> None:
    codes = [code for product in made.products for code in product.barcodes]

    sums = [sum(int(d) * (1, 3)[i % 2] for i, d in enumerate(code)) for code in codes]

    assert len(codes) > 25
    assert all(len(code) == 13 for code in codes)
    assert all(total % 10 == 0 for total in sums)


# References


def test_every_id_leads_somewhere(made: Shop, orders: dict[str, Any]) -> None:
    channels = {channel.id for channel in made.channels}
    locations = {location.id for location in made.locations}
    customers = {customer.id for customer in made.customers} | {None}
    skus = {product.sku for product in made.products}
    accounts = {account.id: account for account in made.loyalty_accounts}
    returns = {one.id: one for one in made.returns}
    children = [*made.fulfillments, *made.returns, *made.payments]

    assert {level.sku for level in made.stock_levels} <= skus
    assert {level.location_id for level in made.stock_levels} <= locations
    assert {at for channel in made.channels for at in channel.sells_from} <= locations
    assert {account.customer_id for account in made.loyalty_accounts} <= customers - {None}
    for customer in made.customers:
        assert {i.source_id for i in customer.identities} <= channels | {None}
        assert {consent.channel_id for consent in customer.consents} <= channels
    for thing in [*made.orders, *children]:
        assert thing.channel_id in channels
        assert thing.customer_id in customers
        assert set(thing.location_ids) <= locations
    for child in children:
        assert child.order_id in orders
    for entry in made.loyalty_entries:
        assert accounts[entry.account_id].customer_id == entry.customer_id
        assert entry.channel_id in channels
        assert entry.order_id is None or orders[entry.order_id].customer_id == entry.customer_id
    for order in made.orders:
        assert {line.sku for line in order.lines} <= skus
    for payment in made.payments:
        named = {o.return_id for o in payment.operations if o.return_id}
        assert all(returns[one].order_id == payment.order_id for one in named)


def test_fulfillments_and_returns_are_about_lines_of_their_order(
    made: Shop, orders: dict[str, Any]
) -> None:
    for child in [*made.fulfillments, *made.returns]:
        assert {line.line_id for line in child.lines} <= {
            line.id for line in orders[child.order_id].lines
        }
        assert all(line.quantity > 0 for line in child.lines)


def test_what_hangs_on_an_order_carries_its_owners(made: Shop, orders: dict[str, Any]) -> None:
    for child in [*made.fulfillments, *made.returns, *made.payments]:
        order = orders[child.order_id]
        assert child.customer_id == order.customer_id
        assert child.channel_id == order.channel_id
        assert child.location_ids == order.location_ids


def test_an_order_knows_every_place_that_has_to_do_with_it(made: Shop) -> None:
    sent, back = by_order(made.fulfillments), by_order(made.returns)

    for order in made.orders:
        places = {order.sold_at_id}
        places |= {a.location_id for line in order.lines for a in line.allocations}
        places |= {one.location_id for one in sent[order.id]}
        places |= {one.location_id for one in back[order.id]}
        assert set(order.location_ids) == places - {None}
        assert len(set(order.location_ids)) == len(order.location_ids)


def test_orders_carry_the_names_that_other_systems_gave_them(made: Shop) -> None:
    kinds = {channel.id: channel.kind for channel in made.channels}

    systems = {(kinds[order.channel_id], ref.system) for order in made.orders for ref in order.refs}

    assert systems == {
        (ChannelKind.WEBSHOP, "webshop"),
        (ChannelKind.APP, "app"),
        (ChannelKind.POS, "till"),
        (ChannelKind.MARKETPLACE, "marketplace"),
    }


# Orders


def test_every_unit_of_a_line_is_in_one_bucket(made: Shop) -> None:
    for order in made.orders:
        assert order.lines
        for line in order.lines:
            buckets = (
                line.cancelled,
                line.unsourced,
                line.allocated,
                line.in_hand,
                line.handed_over,
            )
            assert line.ordered == sum(buckets) > 0
            assert min(buckets) >= 0
            assert 0 <= line.returned <= line.handed_over
            assert 0 <= line.refunded <= line.ordered


def test_totals_add_up_to_the_minor_unit(made: Shop) -> None:
    for order in made.orders:
        sums = order.totals
        assert sums.goods.gross_minor == sum(li.line_total.gross_minor for li in order.lines)
        assert sums.grand.gross == sums.goods.gross - sums.discounts + sums.delivery.gross
        assert sums.grand.net + sums.grand.tax == sums.grand.gross
        assert sum(s.base + s.amount for s in sums.grand.taxes) == sums.grand.gross_minor
        assert sums == totals(order.lines, sums.discounts_minor, sums.delivery, order.currency)
        for line in order.lines:
            assert line.line_total.gross_minor == line.unit_price.gross_minor * line.ordered


def test_units_are_where_their_fulfillment_says(made: Shop) -> None:
    bucket_by_state = {
        FulfillmentState.PLANNED: "allocated",
        FulfillmentState.ACCEPTED: "allocated",
        FulfillmentState.PICKING: "in_hand",
        FulfillmentState.PACKED: "in_hand",
        FulfillmentState.READY: "in_hand",
        FulfillmentState.SHIPPED: "handed_over",
        FulfillmentState.DELIVERED: "handed_over",
        FulfillmentState.COLLECTED: "handed_over",
        FulfillmentState.LOST: "handed_over",
        FulfillmentState.CANCELLED: "cancelled",
        FulfillmentState.UNCOLLECTED: "cancelled",
    }
    sent = by_order(made.fulfillments)

    for order in made.orders:
        counted: Counter[tuple[str, str]] = Counter()
        for one in sent[order.id]:
            if one.state in bucket_by_state:
                for part in one.lines:
                    counted[part.line_id, bucket_by_state[one.state]] += part.quantity
        for line in order.lines:
            if line.delivery.mode is DeliveryMode.TAKE_NOW:
                continue
            for bucket in ("allocated", "in_hand", "handed_over"):
                assert counted[line.id, bucket] == getattr(line, bucket)
            assert counted[line.id, "cancelled"] <= line.cancelled


def test_allocations_name_who_keeps_or_sent_the_units(made: Shop) -> None:
    fulfillments = {one.id: one for one in made.fulfillments}

    for order in made.orders:
        for line in order.lines:
            if line.delivery.mode is DeliveryMode.TAKE_NOW:
                assert line.allocations == ()
                continue
            kept = sum(allocation.quantity for allocation in line.allocations)
            assert kept == line.allocated + line.in_hand + line.handed_over
            for allocation in line.allocations:
                named = fulfillments[allocation.fulfillment_id]
                assert named.order_id == order.id
                assert named.location_id == allocation.location_id


def test_states_agree_with_the_goods(made: Shop) -> None:
    for order in made.orders:
        waiting = sum(li.unsourced + li.allocated + li.in_hand for li in order.lines)
        if order.state in VOID:
            assert all(line.cancelled == line.ordered for line in order.lines)
        if order.state is OrderState.COMPLETED:
            assert waiting == 0


def test_every_state_and_mode_is_there(made: Shop) -> None:
    pick_ups = {f.state for f in made.fulfillments if f.mode is DeliveryMode.PICK_UP}
    parcels = {f.state for f in made.fulfillments if f.mode is DeliveryMode.SHIP}
    modes = [{line.delivery.mode for line in order.lines} for order in made.orders]
    state = FulfillmentState

    assert {order.state for order in made.orders} == set(OrderState) - {OrderState.DRAFT}
    assert {f.state for f in made.fulfillments} == set(FulfillmentState)
    assert pick_ups == set(state) - {state.PACKED, state.SHIPPED, state.DELIVERED, state.LOST}
    assert parcels >= {state.PACKED, state.SHIPPED, state.DELIVERED, state.LOST}
    assert {one.state for one in made.returns} == set(ReturnState)
    assert set.union(*modes) == set(DeliveryMode) - {DeliveryMode.DROP_SHIP}
    assert sum(len(mixed) > 1 for mixed in modes) > 10
    assert {m.visibility for o in made.orders for m in o.metadata} == set(MetadataVisibility)
    assert any(order.totals.discounts_minor for order in made.orders)
    assert any(order.totals.delivery.taxes for order in made.orders)


def test_parcels_can_be_tracked_and_pick_ups_have_a_ticket(made: Shop) -> None:
    labelled = {
        FulfillmentState.PACKED,
        FulfillmentState.SHIPPED,
        FulfillmentState.DELIVERED,
        FulfillmentState.LOST,
    }

    for one in made.fulfillments:
        assert bool(one.tracking) == (one.state in labelled)
        assert (one.pickup is not None) == (one.mode is DeliveryMode.PICK_UP)
        if one.pickup:
            assert bool(one.pickup.checked_by) == (one.state is FulfillmentState.COLLECTED)
            if one.state is FulfillmentState.READY:
                assert one.pickup.ready_at <= UNTIL < one.pickup.expires_at


def test_about_one_sale_in_seven_is_a_guests(made: Shop) -> None:
    guests = sum(order.customer_id is None for order in made.orders)

    assert 0.11 < guests / len(made.orders) < 0.2


# Returns


def test_returned_and_refunded_units_agree_with_the_returns(made: Shop) -> None:
    taken_in = {ReturnState.RECEIVED, ReturnState.INSPECTED, ReturnState.CLOSED}
    returned: Counter[str] = Counter()
    repaid: Counter[str] = Counter()
    repaid_returns = {
        o.return_id
        for payment in made.payments
        for o in payment.operations
        if o.return_id and o.phase is OperationPhase.SUCCEEDED
    }
    lost: Counter[str] = Counter()
    for one in made.fulfillments:
        if one.state is FulfillmentState.LOST:
            lost.update({line.line_id: line.quantity for line in one.lines})
    for back in made.returns:
        for line in back.lines:
            returned[line.line_id] += line.quantity if back.state in taken_in else 0
            repaid[line.line_id] += line.quantity if back.id in repaid_returns else 0

    for order in made.orders:
        for line in order.lines:
            assert line.returned == returned[line.id]
            assert line.refunded in {
                repaid[line.id],
                repaid[line.id] + line.cancelled + lost[line.id],
            }


def test_returned_goods_go_to_the_place_that_took_them_in(made: Shop) -> None:
    quarantine = {one.id for one in made.locations if one.kind is LocationKind.QUARANTINE}
    kinds: set[DispositionKind] = set()

    for back in made.returns:
        for line in back.lines:
            gone = sum(disposition.quantity for disposition in line.dispositions)
            decided = back.state in {ReturnState.INSPECTED, ReturnState.CLOSED}
            assert gone == (line.quantity if decided else 0)
            for disposition in line.dispositions:
                kinds.add(disposition.kind)
                locked = disposition.kind is DispositionKind.QUARANTINE
                where = quarantine if locked else {back.location_id}
                assert disposition.location_id in where

    assert kinds == {DispositionKind.RESTOCK, DispositionKind.SCRAP, DispositionKind.QUARANTINE}


def test_things_bought_online_are_returned_in_stores(made: Shop, orders: dict[str, Any]) -> None:
    stores = {one.id for one in made.locations if one.kind is LocationKind.STORE}

    found = [
        back
        for back in made.returns
        if back.location_id in stores and orders[back.order_id].sold_at_id is None
    ]

    assert len(found) > 10


def test_a_refund_for_a_return_is_worth_its_lines(made: Shop) -> None:
    refunded: Counter[str] = Counter()
    for payment in made.payments:
        for operation in payment.operations:
            if operation.return_id:
                assert operation.kind is OperationKind.REFUND
                assert operation.reason
                refunded[operation.return_id] += operation.minor

    for back in made.returns:
        if back.id in refunded:
            assert refunded[back.id] == sum(line.creditable.minor for line in back.lines)

    assert len(refunded) > 20


def test_taking_everything_back_repays_all_the_goods(made: Shop, orders: dict[str, Any]) -> None:
    whole = [
        back
        for back in made.returns
        if all(line.returned == line.ordered for line in orders[back.order_id].lines)
    ]

    assert len(whole) > 5
    for back in whole:
        sums = orders[back.order_id].totals
        worth = sums.goods.gross_minor - sums.discounts_minor
        assert sum(line.creditable.minor for line in back.lines) == worth


# Payments


def test_a_standing_is_the_fold_of_the_operations(made: Shop) -> None:
    for payment in made.payments:
        assert payment.standing == payments.fold(payment.operations)
        assert payment.standing == payments.fold(reversed(payment.operations))
        assert {operation.currency for operation in payment.operations} == {payment.currency}


def test_no_more_is_captured_or_refunded_than_may_be(made: Shop) -> None:
    for payment in made.payments:
        sums = payment.standing
        assert sums.captured <= sums.authorised
        assert sums.authorised <= payment.minor
        assert sums.refunded + sums.refund_pending <= sums.captured - sums.disputed
        if sums.captured:
            assert payment.order_id is not None


def test_what_is_captured_is_what_is_due(made: Shop) -> None:
    paid = by_order(made.payments)

    for order in made.orders:
        captured = sum(payment.standing.captured for payment in paid[order.id])
        if order.state is OrderState.COMPLETED:
            assert captured == order.totals.grand.gross_minor
        if order.state in VOID:
            assert captured == sum(payment.standing.refunded for payment in paid[order.id])


def test_every_tender_phase_and_state_is_there(made: Shop) -> None:
    operations = [o for payment in made.payments for o in payment.operations]
    refunds = {o.phase for o in operations if o.kind is OperationKind.REFUND}
    paid, phase = by_order(made.payments), OperationPhase
    statuses = {payment_status(order, paid[order.id]) for order in made.orders}

    assert {payment.tender for payment in made.payments} == set(TenderKind) - {
        TenderKind.DIRECT_DEBIT,
        TenderKind.POINTS,
    }
    assert {operation.phase for operation in operations} == set(OperationPhase)
    assert refunds == {phase.REQUESTED, phase.FAILED, phase.SUCCEEDED, phase.REVERSED}
    assert {payment.state for payment in made.payments} == set(PaymentState) - {
        PaymentState.CREATED,
        PaymentState.ACTION_REQUIRED,
        PaymentState.EXPIRED,
    }
    assert statuses == set(PaymentStatus) - {PaymentStatus.PARTLY_SECURED, PaymentStatus.OVERPAID}


def test_a_declined_attempt_is_followed_by_another_tender(made: Shop) -> None:
    retried = [
        attempts
        for attempts in by_order(made.payments).values()
        if len(attempts) > 1 and attempts[0].state is PaymentState.DECLINED
    ]

    assert len(retried) > 10
    assert all(attempts[-1].standing.captured for attempts in retried)


# Stock


def test_stock_numbers_add_up(made: Shop) -> None:
    for level in made.stock_levels:
        numbers = (level.committed, level.reserved, level.unavailable, level.free)
        assert level.on_hand == sum(numbers)
        assert min(numbers) >= 0
        assert level.is_low == (level.low_at is not None and level.free <= level.low_at)
        assert (level.incoming > 0) == (level.incoming_at is not None)


def test_reserved_units_are_those_of_the_reservations(made: Shop) -> None:
    states: set[ReservationState] = set()

    for level in made.stock_levels:
        assert level.reserved == sum(hold.quantity for hold in level.reservations.values())
        for key, hold in level.reservations.items():
            states.add(hold.state)
            assert ids.kind_of(key) is ids.Kind.RESERVATION
            assert UNTIL < hold.until < UNTIL + timedelta(minutes=21)

    assert states == {ReservationState.ACTIVE, ReservationState.PINNED}


def test_every_hold_is_written_down_as_somebodys(made: Shop) -> None:
    shoppers = {f"shopper:{customer.id}" for customer in made.customers}
    held = {
        key: (level.sku, level.location_id, hold.quantity, hold.state, hold.until)
        for level in made.stock_levels
        for key, hold in level.reservations.items()
    }

    rows = {
        each.id: (line.sku, line.location_id, line.quantity, each.state, each.expires_at)
        for each in made.reservations
        for line in each.lines
    }

    assert rows == held
    assert {each.owner for each in made.reservations} <= {*shoppers, "system"}
    assert any(each.owner in shoppers for each in made.reservations)


def test_what_stores_wait_for_is_on_its_way(made: Shop) -> None:
    kinds = {location.id: location.kind for location in made.locations}
    waiting = {
        (level.sku, level.location_id): level.incoming
        for level in made.stock_levels
        if level.incoming and kinds[level.location_id] is LocationKind.STORE
    }

    assert waiting == {(each.sku, each.target_id): each.quantity for each in made.transfers}
    assert {each.state for each in made.transfers} == {TransferState.IN_TRANSIT}
    assert {kinds[each.source_id] for each in made.transfers} == {LocationKind.WAREHOUSE}


def test_committed_units_are_those_of_open_orders(made: Shop) -> None:
    promised: Counter[tuple[str, str]] = Counter()
    for order in made.orders:
        if order.state in {OrderState.PLACED, OrderState.CONFIRMED}:
            for line in order.lines:
                if line.allocated + line.in_hand:
                    for allocation in line.allocations:
                        promised[line.sku, allocation.location_id] += allocation.quantity

    committed = {
        (level.sku, level.location_id): level.committed
        for level in made.stock_levels
        if level.committed
    }

    assert committed == dict(promised)
    assert len(committed) > 50


def test_some_stock_is_low_none_unknown_or_on_its_way(made: Shop) -> None:
    kinds = {location.id: location.kind for location in made.locations}
    for_sale = [level for level in made.stock_levels if kinds[level.location_id] != "QUARANTINE"]
    published = [product.sku for product in made.products if product.is_published]
    places = [at for at, kind in kinds.items() if kind is not LocationKind.QUARANTINE]
    mugs = [level for level in for_sale if level.sku == MUG]

    assert len(published) == len(made.products) - 1
    assert 0 < len(published) * len(places) - len(for_sale) < 20
    assert len(mugs) >= len(places) - 1
    assert all(level.is_low and level.free for level in mugs)
    assert any(level.free == 0 for level in for_sale)
    assert any(level.incoming for level in for_sale)
    assert not all(level.is_low for level in for_sale)


def test_the_warehouse_speaks_through_another_system(made: Shop) -> None:
    kinds = {location.id: location.kind for location in made.locations}

    for level in made.stock_levels:
        is_store = kinds[level.location_id] is LocationKind.STORE
        assert level.authority.system == (KASSA if is_store else "wms")
    for system in (KASSA, "wms"):
        ages = [
            UNTIL - level.observed_at
            for level in made.stock_levels
            if level.authority.system == system
        ]
        assert sum(age > STALE_AFTER for age in ages) == 1


# People and points


def test_a_balance_is_the_sum_of_its_entries_and_never_below_zero(made: Shop) -> None:
    entries = defaultdict(list)
    for entry in made.loyalty_entries:
        entries[entry.account_id].append(entry)

    for account in made.loyalty_accounts:
        running = 0
        for entry in sorted(entries[account.id], key=lambda entry: entry.at):
            running += entry.points
            assert running >= 0
        assert account.balance == running


def test_points_move_for_every_usual_reason(made: Shop, orders: dict[str, Any]) -> None:
    entries = {entry.id: entry for entry in made.loyalty_entries}
    kind = LoyaltyKind

    assert {entry.kind for entry in entries.values()} == {
        kind.EARN,
        kind.EARN_REVERSAL,
        kind.REDEEM,
        kind.EXPIRE,
        kind.ADJUST,
    }
    for entry in entries.values():
        if entry.kind is kind.EARN:
            assert orders[entry.order_id].state is OrderState.COMPLETED
        if entry.kind is kind.EARN_REVERSAL:
            reversed_entry = entries[entry.reverses_id]
            assert reversed_entry.order_id == entry.order_id
            assert -entry.points <= reversed_entry.points
    assert len({account.tier for account in made.loyalty_accounts}) == 3


def test_returning_everything_returns_the_points(made: Shop, orders: dict[str, Any]) -> None:
    points: Counter[str] = Counter()
    for entry in made.loyalty_entries:
        points[entry.order_id] += entry.points

    whole = [
        order.id
        for order in orders.values()
        if all(line.returned == line.refunded == line.ordered for line in order.lines)
    ]

    assert whole
    assert {points[one] for one in whole} == {0}


def test_identities_are_kept_as_they_are_compared(made: Shop) -> None:
    for customer in made.customers:
        country = customer.addresses[0].country if customer.addresses else "SE"
        for identity in customer.identities:
            if identity.kind is IdentityKind.PHONE:
                local = next(
                    c for c in ("SE", "NO", "FI") if identity.value[1:].startswith(DIAL[c])
                )
                assert phones.normalise(identity.given, local) == identity.value
                assert not customer.addresses or local == country
            if identity.kind is IdentityKind.EMAIL:
                assert identity.value == identity.value.casefold()
                assert identity.value.isascii()


DIAL = {"SE": "46", "NO": "47", "FI": "358"}


def test_families_share_a_telephone(made: Shop) -> None:
    holders: Counter[str] = Counter(
        identity.value
        for customer in made.customers
        for identity in customer.identities
        if identity.kind is IdentityKind.PHONE
    )
    sharing = sum(people for people in holders.values() if people > 1)

    assert 0.1 < sharing / len(made.customers) < 0.2
    assert holders["+46701234567"] == 3
    assert sum(holders.values()) < len(made.customers)


def test_the_first_customer_is_a_regular(made: Shop) -> None:
    first = made.customers[0]
    identities = {identity.kind: identity for identity in first.identities}

    assert first.number == "K-1001"
    assert identities[IdentityKind.PHONE].value == "+46701234567"
    assert identities[IdentityKind.PHONE].given == "070-123 45 67"
    assert set(identities) >= {
        IdentityKind.EMAIL,
        IdentityKind.LOYALTY_NO,
        IdentityKind.CARD_FINGERPRINT,
    }
    assert len(first.addresses) == 2
    assert any(consent.granted for consent in first.consents)
    assert next(a for a in made.loyalty_accounts if a.customer_id == first.id).balance > 0


def test_the_first_customer_has_a_rich_history(made: Shop) -> None:
    first = made.customers[0].id
    kinds = {channel.id: channel.kind for channel in made.channels}
    own = [order for order in made.orders if order.customer_id == first]
    paid = by_order(made.payments)
    statuses = {payment_status(order, paid[order.id]) for order in own}
    tenders = [{payment.tender for payment in paid[order.id]} for order in own]

    assert len(own) >= 25
    assert {kinds[order.channel_id] for order in own} == {
        ChannelKind.WEBSHOP,
        ChannelKind.APP,
        ChannelKind.POS,
    }
    assert len({order.sold_at_id for order in own} - {None}) >= 2
    assert any(li.delivery.mode is DeliveryMode.PICK_UP for order in own for li in order.lines)
    assert [back.state for back in made.returns if back.customer_id == first] == ["CLOSED"]
    assert PaymentStatus.PARTLY_REFUNDED in statuses
    assert {TenderKind.GIFT_CARD, TenderKind.CARD} in tenders
