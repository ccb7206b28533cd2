"""A till channel to try things with: there in development, where no other is configured.

Its secret is made by chance and lies in the data folder, where only its owner can read it.
"""

from __future__ import annotations

import secrets
from base64 import b64encode
from pathlib import Path

from domain.channels.accounts import Secret
from domain.operations import ChannelKind
from gateway.channels.configuring import Configured, Entry
from gateway.settings import Settings, SettingsError

NAME = "till"
PREFIX = "whsec_"
LEAST = 40


def secret_file(settings: Settings) -> Path:
    return settings.data / "till.secret"


def begin(settings: Settings) -> None:
    """Make the secret, if there is none.

    Raises:
        SettingsError: the folder cannot be written to.
    """
    path = secret_file(settings)
    if not settings.is_development or path.exists():
        return
    text = f"{PREFIX}{b64encode(secrets.token_bytes(32)).decode()}\n"
    fresh = path.with_suffix(f".{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.touch(0o600)
        fresh.write_text(text, encoding="ascii")
        fresh.replace(path)
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}.") from error


def till(settings: Settings) -> Configured | None:
    """The channel, where there is a secret and this is development.

    Raises:
        SettingsError: what is there is no secret.
    """
    path = secret_file(settings)
    if not settings.is_development or not path.exists():
        return None
    entry = Entry(
        kind="till",
        account="practice",
        channel="PRACTICE-TILL",
        title="The till of `kassa till`",
        sort=ChannelKind.POS,
        locations={"*": "*"},
    )
    return Configured(name=NAME, entry=entry, key=None, secrets=(_secret(path),))


def _secret(path: Path) -> Secret:
    try:
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeError) as error:
        raise SettingsError(f"{path} cannot be read.") from error
    if not text.startswith(PREFIX) or len(text) < LEAST:
        raise SettingsError(f"{path} holds no secret: remove it, and start again.")
    return Secret(text)
