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
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(0o600)
        path.write_text(f"whsec_{b64encode(secrets.token_bytes(32)).decode()}\n", encoding="ascii")
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}.") from error


def till(settings: Settings) -> Configured | None:
    """The channel, where there is a secret and this is development."""
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
    secret = Secret(path.read_text(encoding="ascii").strip())
    return Configured(name=NAME, entry=entry, key=None, secrets=(secret,))
