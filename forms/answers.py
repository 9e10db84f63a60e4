"""What people write into the fields of a form, read and spelled as Germans do. Free of Django.

A value is kept as the text that was written: a draft takes anything. What is submitted was read
by `read_answer` and is kept in one spelling: 1234,5 and 31.07.2026.
"""

import re
from datetime import date
from decimal import Decimal

from base import formats
from base.content import Refusal, _, cleaned
from forms.content import FormField

YES, NO = "yes", "no"
LONGEST_LINE, LONGEST_TEXT = 300, 20_000  # characters
MOST_DIGITS = 15

# With points between thousands or without them, never with some of them.
_NUMBER = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?")
_GERMAN_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_SPACES = re.compile(r"\s")


def read_answer(field: FormField, text: str) -> str | Decimal | date | bool | None:
    """Return what a text says in a field of this kind; None where it is empty.

    Raises Refusal naming what is allowed.
    """
    text = text.strip()
    if not text:
        if field.required:
            raise Refusal(_("This field is required."))
        return None
    return _READERS[field.kind](field, text)


def spelled(value: str | Decimal | date | bool | None) -> str:
    """Return a value as it is kept: the spelling that `read_answer` takes back as the same."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, Decimal):
        return formats.typed(value)
    return formats.day(value) if isinstance(value, date) else value


def answer_text(field: FormField, text: str) -> str:
    """Return a kept text as people read it: numbers with points; what cannot be read as it is.

    "yes" and "no" stay as they are: whoever shows them translates them.
    """
    try:
        value = read_answer(field.model_copy(update={"required": False}), text)
    except Refusal:
        return text
    if isinstance(value, Decimal):
        return formats.exact(value, least=max(0, -value.as_tuple().exponent))
    return spelled(value)


def _read_line(field: FormField, text: str) -> str:
    return _within(LONGEST_LINE, " ".join(text.split()))


def _read_text(field: FormField, text: str) -> str:
    return _within(LONGEST_TEXT, cleaned(text))


def _within(longest: int, text: str) -> str:
    if len(text) > longest:
        raise Refusal(
            _("%(count)d characters; allowed are %(most)d."), count=len(text), most=longest
        )
    return text


def _read_number(field: FormField, text: str) -> Decimal:
    plain = _SPACES.sub("", text)
    digits = sum(map(str.isdigit, plain))
    if not plain.isascii() or not _NUMBER.fullmatch(plain) or digits > MOST_DIGITS:
        raise Refusal(_("“%(text)s” is not a number; write 1234,5 or 1.234,5."), text=text)
    return Decimal(plain.replace(".", "").replace(",", "."))


def _read_date(field: FormField, text: str) -> date:
    refused = Refusal(_("“%(text)s” is not a date; write 31.07.2026."), text=text)
    try:
        if not (found := _GERMAN_DAY.fullmatch(_SPACES.sub("", text))):
            return date.fromisoformat(text)
        day, month, year = map(int, found.groups())
        return date(year, month, day)
    except ValueError as error:
        raise refused from error


def _read_choice(field: FormField, text: str) -> str:
    if text not in field.choices:
        raise Refusal(
            _("“%(text)s” is not among the choices: %(allowed)s."),
            text=text,
            allowed=", ".join(field.choices),
        )
    return text


def _read_yes_no(field: FormField, text: str) -> bool:
    if text not in (YES, NO):
        raise Refusal(_("Answer with yes or no."))
    return text == YES


_READERS = {
    "line": _read_line,
    "text": _read_text,
    "number": _read_number,
    "date": _read_date,
    "choice": _read_choice,
    "yes_no": _read_yes_no,
}
