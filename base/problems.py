"""What is wrong with a file: where, which value, and what is allowed, in the reader's language."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from pydantic import BaseModel

from base.content import Refusal
from base.refusals import refusal_text

LONGEST_VALUE = 80
MOST_PROBLEMS = 1_000
"""Wrong places after which files are read no further."""


@dataclass(frozen=True)
class Problem:
    """One wrong place in a file."""

    file: str
    place: str
    message: str
    asks: bool = False
    """Whether a yes of whoever imports would do."""

    def __str__(self) -> str:
        return ": ".join(part for part in (self.file, self.place, self.message) if part)


class ExchangeError(Exception):
    """Files that cannot be imported as they are; nothing was written."""

    def __init__(self, problems: list[Problem]):
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


def messages_of(error: ValidationError) -> list[str]:
    """Return a ValidationError's messages, each with its field where it has one."""
    if hasattr(error, "error_dict"):
        return [
            message if field == "__all__" else f"{field}: {message}"
            for field, messages in error.message_dict.items()
            for message in messages
        ]
    return error.messages


def true_errors(errors: Sequence[dict]) -> list[dict]:
    """Return pydantic's errors without those that only follow from others.

    An entry that is wrong is none to pydantic, so that it also misses one in its list.
    """
    wrong = {error["loc"][:end] for error in errors for end in range(len(error["loc"]))}
    return [error for error in errors if error["type"] != "too_short" or error["loc"] not in wrong]


def describe(item: dict) -> str:
    """Return one pydantic error as "place (value): what is allowed".

    What is said of the whole names its place itself.
    """
    value = shown_value(item)
    if not item["loc"] and not value:
        return allowed(item)
    return f"{place_of(item['loc'])}{value and f' ({value})'}: {allowed(item)}"


def shown_value(item: dict) -> str:
    """Return the wrong value as it was read, shortened; empty where there is none to show."""
    value = item.get("input")
    if value in (None, "") or item["type"] == "missing" or isinstance(value, LARGE):
        return ""
    text = repr(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


LARGE = (dict, list, tuple, BaseModel)


def place_of(location: tuple) -> str:
    """Return a location as a path: modules[3].quantities[0].unit."""
    path = ""
    for part in location:
        if isinstance(part, int):
            path += f"[{part + 1}]"
        else:
            path += f".{part}" if path else str(part)
    return path or "–"


def allowed(item: dict) -> str:
    """Say what is allowed where pydantic found an error."""
    kind, context = item["type"], item.get("ctx", {})
    refused = context.get("error")
    if isinstance(refused, Refusal):
        return refusal_text(refused)
    if kind == "string_pattern_mismatch" and (said := _patterns().get(context["pattern"])):
        return said
    if kind in ("too_short", "string_too_short") and context["min_length"] == 1:
        return _("nothing is filled in yet") if kind[0] == "s" else _("an entry is missing")
    template = _templates().get(kind)
    if template is None:
        return item["msg"]
    return template % context


def _patterns() -> dict[str, str]:
    """Return in words what the patterns ask for that content and files know."""
    return {
        r"^[a-z0-9]+(?:[-_.][a-z0-9]+)*$": _(
            "small letters and digits are allowed, with single hyphens between: basis-1"
        ),
        r"^[^\s.|]+$": _("a text without spaces, points and upright strokes is needed"),
        "^([A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?)?$": _(
            "a BIC has 8 or 11 capital letters and digits: MUSTDE21XXX"
        ),
        "^[A-Z0-9]*$": _("capital letters and digits are allowed: SHB1"),
        "^[0-9a-f]{64}$": _("a SHA-256 is needed: 64 of the signs 0–9 and a–f"),
        "^[0-9]{1,3}( [0-9]{1,3})+$": _(
            "whole numbers from 0 to 999 are needed, x and y by turns: 20 90 31 84"
        ),
        "^E-[0-9a-f]{12}$": _("E- and 12 of the signs 0–9 and a–f are needed: E-0a1b2c3d4e5f"),
    }


def _templates() -> dict[str, str]:
    number, whole = _("a number is needed"), _("a whole number is needed")
    day, truth = _("a date is needed: 2024-07-31"), _("true or false is needed")
    moment = _("a point in time is needed: 2024-07-31T14:30:00+02:00")
    entries = _("a group of entries is needed")
    return {
        "missing": _("this entry is missing"),
        "extra_forbidden": _("no such entry; please check the spelling"),
        "invalid_key": _("the name of an entry must be a text"),
        "literal_error": _("allowed: %(expected)s"),
        "enum": _("allowed: %(expected)s"),
        "union_tag_invalid": _("allowed: %(expected_tags)s"),
        "union_tag_not_found": _("the entry %(discriminator)s is missing"),
        "string_pattern_mismatch": _("it must match %(pattern)s"),
        "string_too_short": _("at least %(min_length)s characters are needed"),
        "string_too_long": _("at most %(max_length)s characters are allowed"),
        "string_type": _("a text is needed"),
        "too_short": _("at least %(min_length)s entries are needed"),
        "greater_than": _("it must be greater than %(gt)s"),
        "greater_than_equal": _("it must be at least %(ge)s"),
        "less_than": _("it must be less than %(lt)s"),
        "less_than_equal": _("it must be at most %(le)s"),
        "decimal_parsing": number,
        "decimal_type": number,
        "finite_number": number,
        "decimal_max_places": _("at most %(decimal_places)s decimal places are allowed"),
        "decimal_max_digits": _("at most %(max_digits)s digits are allowed"),
        "decimal_whole_digits": _(
            "at most %(whole_digits)s digits are allowed before the decimal point"
        ),
        "int_parsing": whole,
        "int_parsing_size": whole,
        "int_type": whole,
        "int_from_float": whole,
        "bool_parsing": truth,
        "bool_type": truth,
        "date_parsing": day,
        "date_from_datetime_parsing": day,
        "date_from_datetime_inexact": day,
        "date_type": day,
        "datetime_parsing": moment,
        "datetime_from_date_parsing": moment,
        "datetime_type": moment,
        "timezone_aware": _("a point in time is needed with its offset: +02:00"),
        "tuple_type": _("a list is needed"),
        "list_type": _("a list is needed"),
        "model_type": entries,
        "model_attributes_type": entries,
        "dict_type": entries,
        "value_error": "%(error)s",
    }
