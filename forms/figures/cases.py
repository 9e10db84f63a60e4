"""How many cases run, since when, and how many begin and end: numbers and breakdowns.

Every count is of the rows that the list behind it shows: both ask the same query sets.
"""

from collections.abc import Callable, Iterator
from datetime import date, timedelta

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncMonth, TruncYear
from django.utils import formats as django_formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.workspace.figures import Line, Measured, Narrowing
from contracts.models import Organisation, Team
from contracts.reach import oversees
from forms.caseload import is_silent
from forms.figures.standings import STANDINGS, without_work
from forms.models import Case
from forms.models.case import SIDES, CaseQuerySet, in_force, runs

MOST_LINES = 25
"""As many things a breakdown tells apart; who has more looks at them in the list."""
MOST_MONTHS = 24
"""A longer period is told by years."""

Counts = tuple[dict[int, int], dict[int, int], dict[int, int]]
"""How many cases run, wait and are silent, by the key of what is compared."""

AGES = (
    (gettext_lazy("under 3 months"), 0, 3),
    (gettext_lazy("3 to 6 months"), 3, 6),
    (gettext_lazy("6 to 12 months"), 6, 12),
    (gettext_lazy("1 to 2 years"), 12, 24),
    (gettext_lazy("2 years and more"), 24, None),
)
"""How long cases have been running: label, months from and until."""


def narrowed(user, narrowing: Narrowing) -> CaseQuerySet:
    """Return the visible cases of what figures are narrowed to."""
    return within(Case.objects.all(), user, narrowing)


def within(rows: QuerySet, user, narrowing: Narrowing, of: str = "") -> QuerySet:
    """Return the visible rows of the cases that figures are narrowed to; `of` leads to the case."""
    rows = rows.visible_to(user).order_by()
    paths = {"body": "contract__commissioning_body", "provider": "contract__provider"}
    for name, key in narrowing.keys.items():
        if name == "team":
            cases = Case.objects.looked_after_in([key], narrowing.today).order_by()
            rows = rows.filter(**{f"{of}pk__in": cases.values("pk")})
        else:
            rows = rows.filter(**{f"{of}{paths[name]}": key})
    return rows


def running(user, narrowing: Narrowing) -> Measured:
    """Count the cases that run today."""
    rows = narrowed(user, narrowing).running_on(narrowing.today)
    return Measured(rows.count(), narrowing.address("cases", status="running"))


def standing(key: str) -> Callable[[object, Narrowing], Measured]:
    """Return what counts the cases that stand out in a way (`STANDINGS`)."""

    def measure(user, narrowing: Narrowing) -> Measured:
        rows = STANDINGS[key].narrow(narrowed(user, narrowing), narrowing.today)
        return Measured(rows.count(), narrowing.address("cases", standing=key))

    return measure


def assigned(user, narrowing: Narrowing) -> Measured:
    """Count the cases assigned in the period, and in as long a time before it."""
    return _compared(user, narrowing, "assigned_on", "assigned")


def closed(user, narrowing: Narrowing) -> Measured:
    """Count the cases closed in the period, and in as long a time before it."""
    return _compared(user, narrowing, "closed_on", "closed")


def _compared(user, narrowing: Narrowing, column: str, name: str) -> Measured:
    first, last = narrowing.first, past(narrowing)
    before = (first - (last - first) - timedelta(days=1), first - timedelta(days=1))
    found = narrowed(user, narrowing).aggregate(
        now=Count("pk", filter=_within(column, first, last)),
        before=Count("pk", filter=_within(column, *before)),
    )
    url = narrowing.address("cases", **{f"{name}_from": first, f"{name}_until": last})
    remark = _("%d in as many days before") % found["before"]
    return Measured(found["now"], url, remark)


def past(narrowing: Narrowing) -> date:
    """Return the last day of the period that is not ahead."""
    return min(narrowing.last, narrowing.today)


def by_age(user, narrowing: Narrowing) -> Iterator[Line]:
    """Yield how many of the running cases were assigned how long ago; nothing where none runs."""
    limits = [(label, *_assigned_between(narrowing.today, *ages)) for label, *ages in AGES]
    found = (
        narrowed(user, narrowing)
        .running_on(narrowing.today)
        .aggregate(
            **{
                f"age{place}": Count("pk", filter=_within("assigned_on", first, last))
                for place, (_label, first, last) in enumerate(limits)
            }
        )
    )
    if not any(found.values()):
        return
    for place, (label, first, last) in enumerate(limits):
        url = narrowing.address("cases", status="running", assigned_from=first, assigned_until=last)
        yield Line(label, [Measured(found[f"age{place}"], url)])


def by_month(user, narrowing: Narrowing) -> Iterator[Line]:
    """Yield how many cases began and ended in each month of the period, or in each year."""
    spans = list(_spans(narrowing.first, past(narrowing)))
    if not spans:
        return
    counts = [
        _by_span(narrowed(user, narrowing), column, spans)
        for column in ("assigned_on", "closed_on")
    ]
    for place, (first, last, label) in enumerate(spans):
        urls = [
            narrowing.address("cases", **{f"{name}_from": first, f"{name}_until": last})
            for name in ("assigned", "closed")
        ]
        yield Line(
            label, [Measured(found[place], url) for found, url in zip(counts, urls, strict=True)]
        )


def by_body(user, narrowing: Narrowing) -> list[Line]:
    """Return how cases stand in each commissioning body; nothing where there is one."""
    rows = Organisation.objects.visible_to(user).filter(kind=Organisation.Kind.COMMISSIONING_BODY)
    return _by_organisation(user, narrowing, "body", rows) if rows.count() > 1 else []


def by_provider(user, narrowing: Narrowing) -> list[Line]:
    """Return how cases stand at each provider, for who works in a commissioning body."""
    if not oversees(user):
        return []
    rows = Organisation.objects.visible_to(user).filter(kind=Organisation.Kind.PROVIDER)
    return _by_organisation(user, narrowing, "provider", rows)


def _by_organisation(user, narrowing: Narrowing, name: str, rows) -> list[Line]:
    path = {"body": "contract__commissioning_body", "provider": "contract__provider"}[name]
    counts = _counted(narrowed(user, narrowing), narrowing.today, by=path)
    return _lines(narrowing, name, dict(rows.values_list("pk", "name")), counts)


def by_team(user, narrowing: Narrowing) -> list[Line]:
    """Return how the cases of each team stand, on either side."""
    columns = ("pk", "name", "organisation__name")
    teams = Team.objects.visible_to(user).order_by().values_list(*columns)
    names = {pk: f"{team} ({organisation})" for pk, team, organisation in teams}
    counts: Counts = ({}, {}, {})
    for side in SIDES:
        rows = within(in_force(side, narrowing.today), user, narrowing, of="case__")
        # By keys: of the other side's teams there are no rows, and the database knows that then.
        rows = rows.filter(team__in=sorted(names))
        found = _counted(rows, narrowing.today, by="team", of="case__")
        for column, numbers in zip(counts, found, strict=True):
            column.update(numbers)
    return _lines(narrowing, "team", names, counts)


def _counted(rows: QuerySet, day: date, *, by: str, of: str = "") -> Counts:
    """Count how many cases run, wait and are silent, by a column; `of` leads to the case."""
    every, waiting = Count("pk"), Count("pk", filter=without_work(of))
    running = rows.filter(runs(day, of)).values_list(by).annotate(every=every, waiting=waiting)
    silent = rows.filter(is_silent(day, of)).values_list(by).annotate(every=every)
    found = list(running)
    return (
        {key: number for key, number, _waiting in found},
        {key: number for key, _all, number in found},
        dict(silent),
    )


def _lines(narrowing: Narrowing, name: str, labels: dict[int, str], counts) -> list[Line]:
    """Return a line for each row that has running cases, those with most of them first.

    Narrowed to one of them it is about that one: no list shows the cases that two teams share.
    """
    having = [key for key in labels if counts[0].get(key)]
    if name in narrowing.keys:
        having = [key for key in having if key == narrowing.keys[name]]
    found = sorted(having, key=lambda key: (-counts[0][key], labels[key]))[:MOST_LINES]
    queries = ({"status": "running"}, {"standing": "waiting"}, {"standing": "silent"})
    return [
        Line(
            labels[key],
            [
                Measured(count.get(key, 0), narrowing.at(name, key).address("cases", **query))
                for count, query in zip(counts, queries, strict=True)
            ],
        )
        for key in found
    ]


def _within(column: str, first: date | None, last: date | None) -> Q:
    found = Q()
    if first:
        found &= Q(**{f"{column}__gte": first})
    return found & Q(**{f"{column}__lte": last}) if last else found


def _assigned_between(today: date, least: int, most: int | None) -> tuple[date | None, date]:
    """Return from when to when cases were assigned that are so many months old."""
    first = _months_before(today, most) + timedelta(days=1) if most else None
    return first, _months_before(today, least)


def _months_before(day: date, months: int) -> date:
    """Return the day that many months earlier, or the last one of its month."""
    years, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    following = date(years + (month == 11), (month + 1) % 12 + 1, 1)
    return min(
        date(years, month + 1, 1) + timedelta(days=day.day - 1), following - timedelta(days=1)
    )


def _spans(first: date, last: date) -> Iterator[tuple[date, date, str]]:
    """Yield first and last day and name of the months of a period, or of its years."""
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    by_year = months > MOST_MONTHS
    begins = first
    while begins <= last:
        if by_year:
            following = date(begins.year + 1, 1, 1)
        else:
            following = (begins.replace(day=1) + timedelta(days=31)).replace(day=1)
        label = str(begins.year) if by_year else django_formats.date_format(begins, "m.Y")
        yield begins, min(last, following - timedelta(days=1)), label
        begins = following


def _by_span(cases: CaseQuerySet, column: str, spans) -> list[int]:
    by_year = "." not in spans[0][2]
    truncated = (TruncYear if by_year else TruncMonth)(column)
    rows = cases.filter(_within(column, spans[0][0], spans[-1][1]))
    found = dict(rows.values_list(truncated).annotate(Count("pk")))
    places = [
        first.replace(month=1, day=1) if by_year else first.replace(day=1)
        for first, _last, _label in spans
    ]
    return [found.get(place, 0) for place in places]
