"""Two outcomes compared: data to the byte, errors as a set, causes of nulls one by one."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from graphql import GraphQLError

from gateway.execution.engine import Outcome
from tests.gateway.execution.hostile import WRONG_LENGTH

Shown = tuple[Any, ...]


def shown(error: GraphQLError) -> Shown:
    message = re.sub(r"has \d+ answers for \d+ parents", WRONG_LENGTH, error.message)
    places = [(place.line, place.column) for place in error.locations or ()]
    return tuple(error.path or ()), message, str(places), repr(error.extensions)


def written(data: Any) -> str:
    """As JSON; what cannot be, as Python shows it."""
    return json.dumps(data, default=repr)


def difference(planned: Outcome, oracle: Outcome, *, same_order: bool = True) -> str | None:
    """What is wrong with the planned outcome; None if nothing is.

    Below a position that became null, graphql-core may report more than the one cause. In the
    `same_order` of resolvers the cause is the same; in another, there is one.
    """
    if planned.executed != oracle.executed:
        return f"executed: {planned.executed}, not {oracle.executed}"
    ours, theirs = written(planned.data), written(oracle.data)
    if ours != theirs:
        return f"data\n{ours}\nnot\n{theirs}"
    mine, its = (Counter(map(shown, each.errors)) for each in (planned, oracle))
    missing, more = list((its - mine).elements()), list((mine - its).elements())
    if same_order and more:
        return f"errors that graphql-core does not report: {more}; it reports {list(its)}"
    wrong = [error for error in missing if not _explained(error, planned.data, list(mine))]
    wrong += [error for error in more if not _explained(error, oracle.data, list(its))]
    return f"errors that are missing or too many: {wrong}, of {list(its)}" if wrong else None


def _explained(error: Shown, data: Any, reported: Sequence[Shown]) -> bool:
    """Does the error lie below a null that has another cause, or is that cause?"""
    null = _null_above(error[0], data)
    return null is not None and any(each[0][: len(null)] == null for each in reported)


def _null_above(path: tuple[Any, ...], data: Any) -> tuple[Any, ...] | None:
    """The position on the path that is null, if it is not the path's own end."""
    for depth, key in enumerate(path):
        if data is None:
            return path[:depth]
        if not isinstance(data, Mapping | list):
            return None
        data = data[key]  # type: ignore[index]
    return None
