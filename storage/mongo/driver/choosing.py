"""Which MongoDB client is used."""

from __future__ import annotations

from typing import Any, Literal

from pymongo.errors import ConfigurationError, InvalidName, InvalidURI

from domain.errors import Unavailable
from storage.mongo.driver.client import Client, Connect
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


def connected(driver: Driver, url: str, name: str, settings: dict[str, Any]) -> Client:
    """A client that connects when it is first asked.

    Raises:
        Unavailable: `url` is not a MongoDB URL, `name` not a name for a database, or `driver` not
            installed.
    """
    connect = client(driver)
    try:
        return connect(url, name, **settings)
    except (InvalidURI, ConfigurationError, ValueError) as error:
        raise Unavailable(f"The MongoDB URL cannot be used: {error}.") from error
    except InvalidName as error:
        raise Unavailable(f"{name!r} cannot name a MongoDB database: {error}.") from error
