"""Silence: errors of a client that say nothing about whether what was asked is done.

A write that the primary has made and no majority has acknowledged is one of them: it may be there
for ever, or be undone by the next primary.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    ExecutionTimeout,
    OperationFailure,
    PyMongoError,
    WaitQueueTimeoutError,
    WriteConcernError,
)

from domain.errors import Unavailable

NO_ANSWER = (AutoReconnect, WaitQueueTimeoutError, ExecutionTimeout, WriteConcernError)
MAY_BE_DONE = "RetryableWriteError"
"""What the driver calls a failed write that it tried once more."""

NOT_YET = frozenset({134, 262})
"""ReadConcernMajorityNotAvailableYet, ExceededTimeLimit: so says a member that has just come up."""


@contextmanager
def told() -> Generator[None]:
    """Say of silence that it is one.

    Raises:
        Unavailable: there is no answer; what was asked may be done, or not.
    """
    try:
        yield
    except PyMongoError as error:
        if _is_silence(error):
            raise Unavailable("The database does not answer in time. Try again.") from error
        raise


def _is_silence(error: PyMongoError) -> bool:
    if isinstance(error, BulkWriteError):
        return bool((error.details or {}).get("writeConcernErrors"))
    if isinstance(error, OperationFailure) and error.code in NOT_YET:
        return True
    return isinstance(error, NO_ANSWER) or error.has_error_label(MAY_BE_DONE)
