"""Numbers of bank accounts: spelled without spaces, and right by their check digits."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

FORM = re.compile("[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")


def spelled_iban(text: str) -> str:
    """Return an IBAN as it is stored: capital letters, no spaces."""
    return "".join(text.split()).upper()


def require_iban(iban: str) -> None:
    """Raise ValidationError for a text that is no IBAN: by its form or its check digits."""
    # ISO 13616: the first four signs at the end, letters as 10 to 35, rest 1 modulo 97.
    moved = iban[4:] + iban[:4]
    digits = "".join(str(int(sign, 36)) for sign in moved if sign.isalnum() and sign.isascii())
    if not FORM.fullmatch(iban) or int(digits) % 97 != 1:
        raise ValidationError(_("This is no IBAN: please check the digits."))
