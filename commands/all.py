"""Every command by its name, for those who finish what others have left."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from commands import operations
from commands.payments import instructing, linking, recording
from commands.running import Command
from commands.stock import levels, reservations, transfers

COMMANDS: Mapping[str, Command[Any, Any]] = MappingProxyType(
    {
        command.name: command
        for command in (
            levels.ADJUST,
            levels.COUNT,
            transfers.TRANSFER,
            transfers.RECEIVE,
            reservations.RESERVE,
            reservations.EXTEND,
            reservations.RELEASE,
            reservations.COMMIT,
            recording.RECORD,
            recording.REFUND,
            instructing.CAPTURE,
            instructing.CANCEL,
            instructing.REFUND,
            linking.CREATE,
            linking.CANCEL,
            operations.RESOLVE,
        )
    }
)
