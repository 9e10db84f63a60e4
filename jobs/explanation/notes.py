"""What a line's amount owes to other terms of its contract, and to other cases of its person."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from base.formats import money, number
from contracts.billing import Terms, round_to
from contracts.models import ContractEdition
from forms.person_limits import SPANS
from jobs.explanation.sources import terms_of
from jobs.models import StatementLine


def notes_of(line: StatementLine) -> Iterator[str]:
    """Yield whose rest a line prices, who goes on with its own, and how full the limits were."""
    yield from turns_of(line)
    first = (line.inputs.get("parts") or [line.inputs])[0]
    if limit := first.get("limit"):
        yield _of_person(terms_of(line.edition, line.term), limit)


def turns_of(line: StatementLine) -> Iterator[str]:
    """Yield whose rest a line prices, and which terms go on with what it had no room for."""
    if left_by := line.inputs.get("left_by"):
        text = ngettext(
            "left over by %(terms)s, which comes first",
            "left over by %(terms)s, which come first",
            len(left_by),
        )
        yield text % {"terms": ", ".join(_name(line.edition, key) for key in left_by)}
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
