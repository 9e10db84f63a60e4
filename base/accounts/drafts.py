"""Keys with which a person's device encrypts what was typed and not saved yet.

The device keeps such drafts across sessions, so the key is the same at each signing in; it comes
with pages to the signed-in person alone and is never stored on the device. Replacing the secret
key makes drafts unreadable: they are forgotten then.
"""

from base64 import b64encode

from django.utils.crypto import salted_hmac

KEY_SALT, NAME_SALT = "base.accounts.drafts.key", "base.accounts.drafts.name"
NAME_LENGTH = 16


def draft_key(user) -> str:
    """Return the person's key for AES-256, as base64."""
    return b64encode(salted_hmac(KEY_SALT, str(user.pk), algorithm="sha256").digest()).decode()


def draft_owner(user) -> str:
    """Return the name under which the device keeps the person's drafts; it tells nobody who."""
    return salted_hmac(NAME_SALT, str(user.pk), algorithm="sha256").hexdigest()[:NAME_LENGTH]
