"""What is mixed into hashes, so that nobody else can make them: of API keys, and of cards."""

from __future__ import annotations

from collections.abc import Sequence

from domain.channels.accounts import Secret
from gateway.settings import Settings, SettingsError, peppered
from storage.mongo.driver import Database
from storage.mongo.secrets import secret

NO_PEPPER = "Set KASSA_PEPPER_FILE to a file with the secret that API keys are kept under."


async def peppers(settings: Settings, chosen: Database) -> Sequence[bytes]:
    """What keys are kept under; the first is for new ones.

    Raises:
        SettingsError: the file that is to say so does not.
    """
    if settings.pepper_file is None:
        if not settings.is_development:
            raise SettingsError(NO_PEPPER)
        return [await secret(chosen, "api keys")]
    return peppered(settings.pepper_file)


async def of_cards(settings: Settings, chosen: Database) -> Secret | None:
    """What fingerprints of cards are hashed under; None: none is kept.

    In production it never comes from the database, where the hashes are.
    """
    if settings.pepper_file is not None:
        return Secret(peppered(settings.pepper_file)[0].decode())
    if not settings.is_development:
        return None
    return Secret((await secret(chosen, "cards")).hex())
