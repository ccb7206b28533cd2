"""Which MongoDB client is used."""

from __future__ import annotations

from typing import Literal

from domain.errors import Unavailable
from storage.mongo.driver.client import Connect
from storage.mongo.driver.pymongo import PyMongo

Driver = Literal["pymongo", "motor"]

NO_MOTOR = (
    "KASSA_MONGODB_DRIVER=motor needs Motor: `pip install 'kassa[motor]'`, or leave it unset."
)


def client(driver: Driver) -> Connect:
    """The client of that name.

    Raises:
        Unavailable: it is not installed.
    """
    if driver == "pymongo":
        return PyMongo
    try:
        from storage.mongo.driver.motor import Motor  # here, for it is an extra
    except ImportError as error:
        raise Unavailable(NO_MOTOR) from error
    return Motor
