"""What a line's amount owes to other terms of its contract, and to other cases of its person."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from base.formats import money, number
from contracts.billing import Terms, round_to
from contracts.models import ContractEdition
from jobs.actions.causes import terms_of
from jobs.models import StatementLine

SPANS = {
    "month": gettext_noop("of the month"),
    "year": gettext_noop("of the year"),
    "contract": gettext_noop("of the whole contract"),
}


def notes_of(line: StatementLine) -> Iterator[str]:
    """Yield whose rest a line prices, who goes on with its own, and how full the limits were."""
    inputs, edition = line.inputs, line.edition
    if left_by := inputs.get("left_by"):
        named = ", ".join(_name(edition, key) for key in left_by)
        yield _("left over by %(terms)s, which comes first") % {"terms": named}
    yield from passed_on(line)
    first = (inputs.get("parts") or [inputs])[0]
    if limit := first.get("limit"):
        yield _of_person(terms_of(edition, line.term), limit)


def passed_on(line: StatementLine) -> Iterator[str]:
    """Yield which terms go on with what a line had no room for."""
    for key, minutes in line.inputs.get("passed_on", {}).items():
        values = {"quantity": _units(line, minutes), "terms": _name(line.edition, key)}
        yield _("%(quantity)s more go on to %(terms)s") % values


def _of_person(terms: Terms, limit: Mapping[str, str]) -> str:
    agreed, used = terms.person_limit, Fraction(limit["used"])
    if agreed.amount is not None:
        texts = money(agreed.amount), money(Decimal(limit["used"]))
    else:
        hours = round_to(used / Fraction(terms.unit_minutes), 4)
        texts = tuple(f"{number(each)} {terms.unit_label}" for each in (agreed.quantity, hours))
    return _("of the person's limit %(span)s of %(limit)s, %(used)s were used before") % {
        "span": _(SPANS[agreed.per]),
        "limit": texts[0],
        "used": texts[1],
    }


def _units(line: StatementLine, minutes: str) -> str:
    terms = terms_of(line.edition, line.term)
    return f"{number(round_to(Fraction(minutes) / Fraction(terms.unit_minutes), 4))} {line.unit}"


def _name(edition: ContractEdition, key: str) -> str:
    return _("“%s”") % terms_of(edition, key).label
