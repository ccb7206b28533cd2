"""The root of all changes."""

from __future__ import annotations

import strawberry

from commands import operations
from commands.payments import instructing, linking, recording
from commands.stock import levels, reservations, transfers
from domain.viewer import Action
from resolvers.commands import command
from schema.fields import Column, mutation
from schema.operations.incidents import IncidentResult, ResolveIncidentInput
from schema.payments.changes import (
    CancelPaymentInput,
    CapturePaymentInput,
    OperationResult,
    PaymentResult,
    RecordPaymentInput,
    RecordRefundInput,
    RefundPaymentInput,
    RefundResult,
)
from schema.payments.links import (
    CancelPaymentLinkInput,
    CreatePaymentLinkInput,
    PaymentLinkResult,
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
        Action.MOVE_STOCK,
    )
    count_stock: StockResult = mutation(
        command(levels.COUNT),
        "For staff: units were counted. Refused if a level changed since it was seen.",
        Column.STOCK,
        CountStockInput,
        levels.CountStock,
        Action.MOVE_STOCK,
    )
    transfer_stock: TransferResult = mutation(
        command(transfers.TRANSFER),
        "For staff: units leave for another location, where they count as incoming.",
        Column.STOCK,
        TransferStockInput,
        transfers.TransferStock,
        Action.MOVE_STOCK,
    )
    receive_transfer: TransferResult = mutation(
        command(transfers.RECEIVE),
        "For staff: units arrived from another location; what is missing is written off.",
        Column.STOCK,
        ReceiveTransferInput,
        transfers.ReceiveTransfer,
        Action.MOVE_STOCK,
    )
    reserve_stock: ReservationResult = mutation(
        command(reservations.RESERVE),
        "Hold units for a while: all that is asked for, or nothing.",
        Column.STOCK,
        ReserveStockInput,
        reservations.ReserveStock,
        Action.RESERVE_STOCK,
    )
    extend_reservation: ReservationResult = mutation(
        command(reservations.EXTEND),
        "Hold a reservation longer.",
        Column.STOCK,
        ExtendReservationInput,
        reservations.ExtendReservation,
        Action.RESERVE_STOCK,
    )
    release_reservation: ReservationResult = mutation(
        command(reservations.RELEASE),
        "Let a reservation go; its units are free at once.",
        Column.STOCK,
        ReleaseReservationInput,
        reservations.ReleaseReservation,
        Action.RESERVE_STOCK,
    )
    commit_reservation: ReservationResult = mutation(
        command(reservations.COMMIT),
        "The units are sold: they wait for an order, and no longer run out.",
        Column.STOCK,
        CommitReservationInput,
        reservations.CommitReservation,
        Action.RESERVE_STOCK,
    )
    record_payment: PaymentResult = mutation(
        command(recording.RECORD),
        "For staff, partners and providers: money was taken, promised or refused elsewhere. The "
        "same operation, however often it is reported, counts once.",
        Column.PAYMENTS,
        RecordPaymentInput,
        recording.RecordPayment,
        Action.RECORD_PAYMENT,
    )
    record_refund: RefundResult = mutation(
        command(recording.REFUND),
        "For staff and partners: money was given back, or is on its way.",
        Column.PAYMENTS,
        RecordRefundInput,
        recording.RecordRefund,
        Action.RECORD_REFUND,
    )
    capture_payment: OperationResult = mutation(
        command(instructing.CAPTURE),
        "For finance: have the provider take money that is promised.",
        Column.PAYMENTS,
        CapturePaymentInput,
        instructing.CapturePayment,
        Action.CAPTURE_PAYMENT,
    )
    cancel_payment: OperationResult = mutation(
        command(instructing.CANCEL),
        "For support and finance: have the provider let go all that is promised and not taken.",
        Column.PAYMENTS,
        CancelPaymentInput,
        instructing.CancelPayment,
        Action.CANCEL_PAYMENT,
    )
    refund_payment: OperationResult = mutation(
        command(instructing.REFUND),
        "For staff: have the provider give money back. It is done once, whatever becomes of the "
        "answer; never more is given back than was taken.",
        Column.PAYMENTS,
        RefundPaymentInput,
        instructing.RefundPayment,
        Action.REFUND_PAYMENT,
    )
    create_payment_link: PaymentLinkResult = mutation(
        command(linking.CREATE),
        "For staff: have a provider make a page on which somebody may pay for an order, once.",
        Column.PAYMENTS,
        CreatePaymentLinkInput,
        linking.CreatePaymentLink,
        Action.CREATE_PAYMENT_LINK,
    )
    cancel_payment_link: PaymentLinkResult = mutation(
        command(linking.CANCEL),
        "For staff: have its provider end such a page. What was paid by it stays paid.",
        Column.PAYMENTS,
        CancelPaymentLinkInput,
        linking.CancelPaymentLink,
        Action.CANCEL_PAYMENT_LINK,
    )
    resolve_incident: IncidentResult = mutation(
        command(operations.RESOLVE),
        "For staff: an incident was looked at, and this was done about it.",
        Column.OPERATIONS,
        ResolveIncidentInput,
        operations.ResolveIncident,
        Action.RESOLVE_INCIDENT,
    )
