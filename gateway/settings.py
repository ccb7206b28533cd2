"""What an operator may choose, read once from the environment at start."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, ClassVar, Self

import msgspec
from msgspec import Meta

from domain import phones
from schema.fields import Column

PREFIX = "KASSA_"
LEAST_PEPPER = 32
MOST_PORT = 65_535
COLLECTOR = r"^https?://[^\s/?#]+(/[^\s?#]*)?$"
DATABASE_NAME = "^[A-Za-z0-9_-]{1,63}$"
"""Less than MongoDB allows, and the same on every system it runs on."""


Country = Annotated[str, Meta(pattern=f"^({'|'.join(sorted(phones.COUNTRIES))})$")]

WANTED: Mapping[str, str] = MappingProxyType(
    {
        "env": "development or production",
        "port": "a number from 0 to 65535",
        "mongodb_database": "a name of up to 63 letters, digits, - and _",
        "mongodb_driver": "pymongo or motor",
        "check_seconds": "a number of seconds up to 86400, or 0 for never",
        "channel_seconds": "a number of seconds above 0, up to 10",
        "limits": "enforce, measure or off",
        "ad_hoc": "everybody or partners",
        "origins": "origins such as https://shop.example, with commas between",
        "hosts": "names such as api.shop.example, with commas between",
        "metrics": "an address to listen on, such as 127.0.0.1:9464",
        "traces": "the URL of an OTLP collector, such as http://127.0.0.1:4318",
        "country": "a country of two letters, such as SE",
        "allow_old_servers": "true or false",
        "console": "true or false",
        "subgraph": f"one of {', '.join(Column)}",
    }
)
"""What a setting must be, where not every text will do."""


class SettingsError(Exception):
    """A setting cannot be used; the message is one sentence that says what to do."""


class Env(StrEnum):
    """`production` refuses development tokens and embedded servers."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class Driver(StrEnum):
    """Which MongoDB client reads and writes."""

    PYMONGO = "pymongo"
    MOTOR = "motor"


class Limiting(StrEnum):
    """What becomes of budgets: `measure` only says in the log what `enforce` would refuse."""

    ENFORCE = "enforce"
    MEASURE = "measure"
    OFF = "off"


class AdHoc(StrEnum):
    """Who may ask documents that nobody registered: `partners` leaves out visitors and shoppers."""

    EVERYBODY = "everybody"
    PARTNERS = "partners"


class Origins(frozenset[str]):
    """Where pages may be from, such as `https://shop.example`, with commas between."""

    FORM = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?")

    @classmethod
    def read(cls, text: str) -> Self:
        return cls(_listed(text, cls.FORM))


class Hosts(frozenset[str]):
    """By which names we are asked, such as `api.shop.example`, with commas between."""

    FORM = re.compile(r"[a-z0-9.-]+(:[0-9]{1,5})?")

    @classmethod
    def read(cls, text: str) -> Self:
        return cls(_listed(text, cls.FORM))


class Listen(msgspec.Struct, frozen=True):
    """Where to listen, such as `127.0.0.1:9464`, `[::1]:9464`; port 0 is any that is free."""

    FORM: ClassVar = re.compile(r"(?:\[([0-9a-fA-F:.]+)\]|([a-zA-Z0-9.-]+)):([0-9]{1,5})")

    host: str
    port: int

    @classmethod
    def read(cls, text: str) -> Self:
        found = cls.FORM.fullmatch(text.strip())
        if not found or int(found[3]) > MOST_PORT:
            raise ValueError(f"{text!r} is none.")
        return cls(found[1] or found[2], int(found[3]))


def _listed(text: str, form: re.Pattern[str]) -> Iterator[str]:
    for each in text.split(","):
        name = each.strip().lower().rstrip("/")
        if not form.fullmatch(name):
            raise ValueError(f"{each!r} is none.")
        yield name


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """One field per variable: `port` is `KASSA_PORT`; port 0 is any that is free."""

    env: Env = Env.DEVELOPMENT
    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=MOST_PORT)] = 8000
    mongodb_url: str | None = None
    mongodb_database: Annotated[str, Meta(pattern=DATABASE_NAME)] = "kassa"
    mongodb_driver: Driver = Driver.PYMONGO
    redis_url: str | None = None
    data: Path = Path(".kassa")
    check_seconds: Annotated[float, Meta(ge=0, le=86_400)] = 10.0
    channel_seconds: Annotated[float, Meta(gt=0, le=10)] = 0.8
    limits: Limiting = Limiting.ENFORCE
    documents: Path | None = None
    ad_hoc: AdHoc | None = None
    origins: Origins = Origins()
    hosts: Hosts = Hosts()
    metrics: Listen | None = None
    traces: Annotated[str, Meta(pattern=COLLECTOR)] | None = None
    country: Country = "SE"
    subgraph: Column | None = None
    issuers: Path | None = None
    pepper_file: Path | None = None
    channels: Path | None = None
    allow_old_servers: bool = False
    console: bool | None = None

    @property
    def is_development(self) -> bool:
        return self.env is Env.DEVELOPMENT

    @property
    def has_console(self) -> bool:
        """Is there a console at the root? In production only on request; it needs all the graph."""
        wanted = self.is_development if self.console is None else self.console
        return wanted and self.subgraph is None

    @property
    def binds_visitors(self) -> bool:
        """Are visitors and shoppers answered registered documents only? In production, yes."""
        return (self.ad_hoc is AdHoc.PARTNERS) if self.ad_hoc else not self.is_development


READERS: Mapping[str, Callable[[str], object]] = MappingProxyType(
    {"origins": Origins.read, "hosts": Hosts.read, "metrics": Listen.read}
)
"""Of settings that are written in a form of their own."""


def read(environ: Mapping[str, str] = os.environ) -> Settings:
    """Settings from `KASSA_…` variables; an empty variable counts as unset.

    Raises:
        SettingsError: a value is not of the setting's kind, or a `KASSA_…` name is unknown.
    """
    given = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environ.items()
        if name.startswith(PREFIX) and value
    }
    known = Settings.__struct_fields__
    if unknown := sorted(given.keys() - set(known)):
        names = ", ".join(PREFIX + name.upper() for name in known)
        raise SettingsError(f"{PREFIX}{unknown[0].upper()} is not a setting. There are: {names}.")
    return msgspec.structs.replace(
        Settings(), **{name: _converted(name, value) for name, value in given.items()}
    )


def _converted(name: str, value: str) -> object:
    kind = next(f.type for f in msgspec.structs.fields(Settings) if f.name == name)
    try:
        if reader := READERS.get(name):
            return reader(value)
        return msgspec.convert(value, kind, strict=False, dec_hook=lambda to, raw: to(raw))
    except (msgspec.ValidationError, ValueError) as error:
        raise SettingsError(
            f"{PREFIX}{name.upper()}={value!r} cannot be used: it must be {WANTED[name]}."
        ) from error


def peppered(path: Path) -> Sequence[bytes]:
    """The secrets of a file, one a line: the first for new keys, all for those there are.

    Raises:
        SettingsError: it cannot be read, or a secret is too short.
    """
    try:
        lines = path.read_text(encoding="ascii").split()
    except (OSError, UnicodeError) as error:
        raise SettingsError(f"{PREFIX}PEPPER_FILE={str(path)!r} cannot be read.") from error
    if not lines or min(map(len, lines)) < LEAST_PEPPER:
        raise SettingsError(
            f"{path} needs a secret of {LEAST_PEPPER} or more characters in each line, such as "
            "`openssl rand -hex 32` writes."
        )
    return [line.encode() for line in lines]
