"""Refusals as people read them: actions name dates as dates, whoever shows them spells them."""

from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from base.content import Refusal
from base.formats import day


def refusal_text(error: ValidationError | Refusal) -> str:
    """Return a refusal as one text in the reader's language, dates written as 31.07.2026."""
    if isinstance(error, Refusal):
        return _(error.template) % error.values
    return " ".join(readable(error).messages)


def readable(error: ValidationError) -> ValidationError:
    """Return the same refusal with its dates written as 31.07.2026.

    Files and commands keep the ISO spelling that stands in the files.
    """
    if hasattr(error, "error_dict"):
        return ValidationError(
            {name: [_spelled(each) for each in found] for name, found in error.error_dict.items()}
        )
    return ValidationError([_spelled(each) for each in error.error_list])


def _spelled(error: ValidationError) -> ValidationError:
    params = error.params and {
        name: day(value) if isinstance(value, date) else value
        for name, value in error.params.items()
    }
    return ValidationError(error.message, code=error.code, params=params)
