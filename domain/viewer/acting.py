"""What may be done, by whom, and to what. Deny by default, as for reading."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum, auto
from types import MappingProxyType

from domain.errors import Forbidden
from domain.scopes import Scope
from domain.viewer.reaching import (
    Nothing,
    Reach,
    Role,
    Viewer,
    everything,
    own_channels,
    own_doing,
    own_store,
)


class Action(Enum):
    """What may be done, beside reading."""

    MOVE_STOCK = auto()
    RESERVE_STOCK = auto()
    RECORD_PAYMENT = auto()
    RECORD_REFUND = auto()
    CAPTURE_PAYMENT = auto()
    CANCEL_PAYMENT = auto()
    REFUND_PAYMENT = auto()
    CREATE_PAYMENT_LINK = auto()
    CANCEL_PAYMENT_LINK = auto()
    RESOLVE_INCIDENT = auto()


Acts = Mapping[Action, Callable[[Viewer], Reach]]

LINKING: Acts = dict.fromkeys((Action.CREATE_PAYMENT_LINK, Action.CANCEL_PAYMENT_LINK), everything)

ACTS: Mapping[Role, Acts] = MappingProxyType(
    {
        Role.SHOPPER: {Action.RESERVE_STOCK: own_doing},
        Role.PARTNER: {
            Action.RESERVE_STOCK: own_doing,
            Action.RECORD_PAYMENT: own_channels,
            Action.RECORD_REFUND: own_channels,
        },
        Role.CLERK: {
            Action.MOVE_STOCK: own_store,
            Action.RESERVE_STOCK: everything,
            Action.RECORD_PAYMENT: everything,
            Action.RECORD_REFUND: everything,
            Action.REFUND_PAYMENT: everything,
            **LINKING,
        },
        Role.SUPPORT: {
            Action.RESERVE_STOCK: everything,
            Action.RECORD_REFUND: everything,
            Action.CANCEL_PAYMENT: everything,
            Action.REFUND_PAYMENT: everything,
            Action.RESOLVE_INCIDENT: everything,
            **LINKING,
        },
        Role.FINANCE: {
            Action.RECORD_PAYMENT: everything,
            Action.RECORD_REFUND: everything,
            Action.CAPTURE_PAYMENT: everything,
            Action.CANCEL_PAYMENT: everything,
            Action.REFUND_PAYMENT: everything,
            Action.RESOLVE_INCIDENT: everything,
            **LINKING,
        },
        Role.SYSTEM: dict.fromkeys(Action, everything),
    }
)


SCOPE_OF_ACTION: Mapping[Action, Scope] = MappingProxyType(
    {
        Action.MOVE_STOCK: Scope.MOVE,
        Action.RESERVE_STOCK: Scope.RESERVE,
        Action.RECORD_PAYMENT: Scope.RECORD,
        Action.RECORD_REFUND: Scope.RECORD,
        Action.CAPTURE_PAYMENT: Scope.OPERATE,
        Action.CANCEL_PAYMENT: Scope.OPERATE,
        Action.REFUND_PAYMENT: Scope.OPERATE,
        Action.CREATE_PAYMENT_LINK: Scope.OPERATE,
        Action.CANCEL_PAYMENT_LINK: Scope.OPERATE,
        Action.RESOLVE_INCIDENT: Scope.RESOLVE,
    }
)


def permitted(viewer: Viewer, action: Action) -> Reach:
    """What `viewer` may do this to.

    Raises:
        Forbidden: nothing at all.
    """
    rule = ACTS.get(viewer.role, {}).get(action)
    found = rule(viewer) if rule and viewer.has(SCOPE_OF_ACTION[action]) else Nothing()
    if found == Nothing():
        words = action.name.lower().replace("_", " ")
        raise Forbidden(f"As {viewer.role}, you may not {words}.")
    return found
