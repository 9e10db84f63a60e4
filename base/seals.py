"""Seals: the hash that shows whether sealed content is still what it was."""

import hashlib
import json
from datetime import date, datetime

from django.utils import timezone


def canonical(value) -> str:
    """Return JSON in one spelling: sorted keys, no spaces, decimals and dates as text."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_spell
    )


def seal_of(value) -> str:
    """Return the SHA-256 of a value's canonical JSON, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def _spell(value):
    if isinstance(value, datetime):
        return value.astimezone(timezone.get_default_timezone()).isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)
