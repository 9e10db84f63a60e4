"""How many deadlines were kept, of those that were due in the period, until today at the latest.

What was dropped was not owed in the end, and what has no day yet, or is due today and still open,
is not judged. `forms.due` says what each outcome means; the list of deadlines asks it as well.
"""

from collections import Counter, defaultdict
from fractions import Fraction

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from base.formats import NO_BREAK
from base.workspace.figures import Line, Measured, Narrowing
from cms.models.description import EditionStandard
from forms.due import OUTCOMES, with_outcome
from forms.figures.cases import MOST_LINES, past, within
from forms.models import Deadline
from forms.usage import percent

KEPT, LATE, MISSED = OUTCOMES


def due_in(user, narrowing: Narrowing) -> QuerySet:
    """Return the visible deadlines that were due in the period, of what figures are narrowed to."""
    rows = within(Deadline.objects.all(), user, narrowing, of="case__")
    return rows.filter(due_on__range=(narrowing.first, past(narrowing)))


def kept(user, narrowing: Narrowing) -> Measured:
    """Count the deadlines that were met in time, and say which part of all that is."""
    counts = _outcomes(user, narrowing).values()
    found = {outcome: sum(each[outcome] for each in counts) for outcome in OUTCOMES}
    return Measured(found[KEPT], _address(narrowing, KEPT), _share(found))


def by_standard(user, narrowing: Narrowing) -> list[Line]:
    """Return how the deadlines of each service standard ended, those kept least often first."""
    standards = EditionStandard.objects.order_by("edition").values_list("pk", "key", "label")
    # The newest edition's name for it, like the choice of the list.
    keys = {pk: key for pk, key, _label in standards}
    names = {key: label for _pk, key, label in standards}
    counts: dict[str, Counter] = defaultdict(Counter)
    for standard, found in _outcomes(user, narrowing).items():
        counts[keys[standard]].update(found)
    ended = [key for key, found in counts.items() if found.total()]
    found = sorted(ended, key=lambda key: (_part(counts[key]), names[key]))[:MOST_LINES]
    return [Line(names[key], _cells(narrowing, key, counts[key])) for key in found]


def _outcomes(user, narrowing: Narrowing) -> dict[int, dict[str, int]]:
    """Return how many deadlines ended how, by the key of their standard.

    Number and breakdown say the same: a page asks once.
    """
    asked = (narrowing.first, narrowing.last, narrowing.today, *sorted(narrowing.keys.items()))
    kept_for = user.__dict__.setdefault("_deadline_outcomes", {})
    if asked not in kept_for:
        ended = {key: with_outcome(key, narrowing.today) for key in OUTCOMES}
        counts = {key: Count("standard", filter=condition) for key, condition in ended.items()}
        rows = due_in(user, narrowing).values("standard").annotate(**counts)
        kept_for[asked] = {row.pop("standard"): row for row in rows}
    return kept_for[asked]


def _cells(narrowing: Narrowing, standard: str, found: dict[str, int]) -> list[Measured]:
    cells = [
        Measured(found.get(outcome, 0), _address(narrowing, outcome, standard=standard))
        for outcome in OUTCOMES
    ]
    return [*cells, Measured(percent(_part(found), Fraction(1)), text=_percent(found))]


def _part(found: dict[str, int]) -> Fraction:
    return Fraction(found.get(KEPT, 0), sum(found.values()))


def _share(found: dict[str, int]) -> str:
    owed = sum(found.values())
    if not owed:
        return _("none was due")
    return _("%(share)s of %(owed)d due") % {"share": _percent(found), "owed": owed}


def _percent(found: dict[str, int]) -> str:
    return f"{percent(_part(found), Fraction(1))}{NO_BREAK}%"


def _address(narrowing: Narrowing, outcome: str, **query: str) -> str:
    return narrowing.address(
        "deadlines",
        outcome=outcome,
        due_from=narrowing.first,
        due_until=past(narrowing),
        **query,
    )
