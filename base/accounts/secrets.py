"""Secrets the database keeps and must be able to read again: encrypted with the secret key.

Whoever has a copy of the database alone cannot use them. A key that was replaced goes into
Django's SECRET_KEY_FALLBACKS until everything encrypted with it has been renewed.
"""

from base64 import urlsafe_b64encode
from hashlib import sha256

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings

SALT = b"base.accounts.secrets"


def encrypted(text: str) -> str:
    """Return `text` encrypted with the secret key."""
    return _cipher().encrypt(text.encode()).decode()


def decrypted(text: str) -> str:
    """Return what `encrypted` was given.

    Raises cryptography.fernet.InvalidToken if neither the secret key nor a fallback fits.
    """
    return _cipher().decrypt(text.encode()).decode()


def _cipher() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet(
        Fernet(urlsafe_b64encode(sha256(SALT + key.encode()).digest())) for key in keys
    )
