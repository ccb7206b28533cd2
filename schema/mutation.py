"""The root of all changes."""

from __future__ import annotations

import strawberry

from commands.payments import recording
from commands.stock import levels, reservations, transfers
from resolvers.commands import command
from schema.fields import Column, mutation
from schema.payments.changes import (
    PaymentResult,
    RecordPaymentInput,
    RecordRefundInput,
    RefundResult,
)
from schema.stock.changes import (
    AdjustStockInput,
    CommitReservationInput,
    CountStockInput,
    ExtendReservationInput,
    ReceiveTransferInput,
    ReleaseReservationInput,
    ReservationResult,
    ReserveStockInput,
    StockResult,
    TransferResult,
    TransferStockInput,
)


@strawberry.type(description="Everything that can be changed.")
class Mutation:
    """Everything that can be changed."""

    adjust_stock: StockResult = mutation(
        command(levels.ADJUST),
        "For staff: units were delivered, broke, were lost or found.",
        Column.STOCK,
        AdjustStockInput,
        levels.AdjustStock,
    )
    count_stock: StockResult = mutation(
        command(levels.COUNT),
        "For staff: units were counted. Refused if a level changed since it was seen.",
        Column.STOCK,
        CountStockInput,
        levels.CountStock,
    )
    transfer_stock: TransferResult = mutation(
        command(transfers.TRANSFER),
        "For staff: units leave for another location, where they count as incoming.",
        Column.STOCK,
        TransferStockInput,
        transfers.TransferStock,
    )
    receive_transfer: TransferResult = mutation(
        command(transfers.RECEIVE),
        "For staff: units arrived from another location; what is missing is written off.",
        Column.STOCK,
        ReceiveTransferInput,
        transfers.ReceiveTransfer,
    )
    reserve_stock: ReservationResult = mutation(
        command(reservations.RESERVE),
        "Hold units for a while: all that is asked for, or nothing.",
        Column.STOCK,
        ReserveStockInput,
        reservations.ReserveStock,
    )
    extend_reservation: ReservationResult = mutation(
        command(reservations.EXTEND),
        "Hold a reservation longer.",
        Column.STOCK,
        ExtendReservationInput,
        reservations.ExtendReservation,
    )
    release_reservation: ReservationResult = mutation(
        command(reservations.RELEASE),
        "Let a reservation go; its units are free at once.",
        Column.STOCK,
        ReleaseReservationInput,
        reservations.ReleaseReservation,
    )
    commit_reservation: ReservationResult = mutation(
        command(reservations.COMMIT),
        "The units are sold: they wait for an order, and no longer run out.",
        Column.STOCK,
        CommitReservationInput,
        reservations.CommitReservation,
    )
    record_payment: PaymentResult = mutation(
        command(recording.RECORD),
        "For staff, partners and providers: money was taken, promised or refused elsewhere. The "
        "same operation, however often it is reported, counts once.",
        Column.PAYMENTS,
        RecordPaymentInput,
        recording.RecordPayment,
    )
    record_refund: RefundResult = mutation(
        command(recording.REFUND),
        "For staff and partners: money was given back, or is on its way.",
        Column.PAYMENTS,
        RecordRefundInput,
        recording.RecordRefund,
    )
