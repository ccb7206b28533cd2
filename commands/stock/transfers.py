"""Units that travel: they leave one location, and count as incoming at another until received."""

from __future__ import annotations

from msgspec import Struct

from commands.running import Call, Command
from commands.stock.levels import Levels, admit_at, begun, shifted
from domain import ids, stock
from domain.ids import Kind, LocationId, Sku, TransferId
from domain.ports import Stores, Work
from domain.refusals import IllegalTransition, Invalid, NotFound, refuse_any
from domain.stock import Shift, ShiftKind, Transfer, TransferState
from domain.viewer import Action, AtLocation, Viewer, permitted


class TransferStock(Struct, frozen=True):
    """Send units from one location to another."""

    sku: Sku
    source_id: LocationId
    target_id: LocationId
    quantity: int


class ReceiveTransfer(Struct, frozen=True):
    """What came of a transfer; all of it, where nothing else is said."""

    transfer_id: TransferId
    received: int | None = None


async def _transfer(stores: Stores, call: Call, asked: TransferStock) -> Levels:
    refuse_any(stock.wrong_way(asked.source_id, asked.target_id, asked.quantity))
    key = TransferId(ids.derived(Kind.TRANSFER, call.cause))
    now = await stores.now()
    fresh = await stores.unheard([(asked.sku, asked.target_id)])
    is_told = await stores.is_told(call.cause)

    async def body(work: Work) -> Levels:
        await begun(work, fresh)
        transfer = Transfer(
            id=key,
            updated_at=now,
            state=TransferState.IN_TRANSIT,
            sku=asked.sku,
            source_id=asked.source_id,
            target_id=asked.target_id,
            quantity=asked.quantity,
            sent_at=now,
        )
        legs = [
            (ShiftKind.SEND, asked.source_id, stock.sent(asked.quantity)),
            (ShiftKind.ANNOUNCE, asked.target_id, stock.announced(asked.quantity)),
        ]
        shifts = [
            Shift(
                kind=kind,
                sku=asked.sku,
                location_id=place,
                by=by,
                cause=call.cause,
                actor=call.actor,
                subjects=(key,),
            )
            for kind, place, by in legs
        ]
        return await shifted(work, call, shifts, transfer, is_told=is_told)

    return await stores.transaction(body)


async def _receive(stores: Stores, call: Call, asked: ReceiveTransfer) -> Levels:
    is_told = await stores.is_told(call.cause)

    async def body(work: Work) -> Levels:
        transfer = await _on_its_way(work, call, asked)
        came = transfer.quantity if asked.received is None else asked.received
        if not 0 <= came <= transfer.quantity:
            why = f"From 0 to {transfer.quantity} units can be received, not {came}."
            raise Invalid(path=("received",), why=why)
        shift = Shift(
            kind=ShiftKind.RECEIVE,
            sku=transfer.sku,
            location_id=transfer.target_id,
            by=stock.received(came, of=transfer.quantity),
            cause=call.cause,
            actor=call.actor,
            subjects=(transfer.id,),
        )
        return await shifted(work, call, [shift], stock.arrived(transfer, came), is_told=is_told)

    return await stores.transaction(body)


async def _on_its_way(work: Work, call: Call, asked: ReceiveTransfer) -> Transfer:
    """A transfer that the caller may receive."""
    found = await work.transfer(asked.transfer_id)
    within = permitted(call.viewer, Action.MOVE_STOCK)
    is_elsewhere = isinstance(within, AtLocation) and found and found.target_id != within.location
    if found is None or is_elsewhere:
        raise NotFound(path=("transfer",), what="transfer", key=asked.transfer_id)
    if found.state is not TransferState.IN_TRANSIT:
        raise IllegalTransition(
            path=("transfer",), from_state=found.state, to_state=TransferState.RECEIVED
        )
    return found


def _admit_transfer(viewer: Viewer, asked: TransferStock) -> None:
    admit_at(viewer, [asked.source_id])


def _admit_receipt(viewer: Viewer, _: ReceiveTransfer) -> None:
    permitted(viewer, Action.MOVE_STOCK)


TRANSFER = Command(
    "transferStock", TransferStock, Levels, _transfer, _admit_transfer, keeps_answer=True
)
RECEIVE = Command(
    "receiveTransfer", ReceiveTransfer, Levels, _receive, _admit_receipt, keeps_answer=True
)
