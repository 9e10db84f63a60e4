"""What was worked, by module, against what is planned; and records that say too little."""

from collections import defaultdict
from datetime import date
from fractions import Fraction

from django.db.models import Count, Exists, Min, OuterRef, QuerySet, Sum
from django.utils.translation import gettext as _

from base.formats import NO_BREAK, NOTHING
from base.workspace.figures import Line, Measured, Narrowing
from cms.models.catalogue import EditionModule
from contracts.billing import round_to
from forms.figures.cases import MOST_LINES, past, within
from forms.models import Case, CasePlacement, ServiceRecord
from forms.models.case import in_force, runs
from forms.models.service_record import MINUTES_PER_HOUR
from forms.templatetags.cases import minutes as clock
from forms.usage import catalogue_contents, percent, plan_of

NO_MODULE = "-"
"""Stands for "in no module" where modules are named by their keys."""

PLANNED_BY = ("catalogue_edition", "need_group", "combination", "choices", "conditions", "add_ons")
"""Columns of a placement that its plan follows from."""


def narrowed_records(user, narrowing: Narrowing) -> QuerySet:
    """Return the visible records that count, of what figures are narrowed to."""
    rows = ServiceRecord.objects.visible_to(user).counting().order_by()
    paths = {"body": "contract__commissioning_body", "provider": "contract__provider"}
    for name, key in narrowing.keys.items():
        rows = (
            of_team(rows, key, narrowing.today)
            if name == "team"
            else rows.filter(**{paths[name]: key})
        )
    return rows


def of_team(records: QuerySet, team, day: date) -> QuerySet:
    """Return the records of cases that a team is responsible for on the day."""
    return records.filter(case__in=Case.objects.looked_after_in([team], day).values("pk"))


def of_running(records: QuerySet, day: date) -> QuerySet:
    """Return the records of cases that run on the day."""
    return records.filter(case__in=Case.objects.running_on(day).values("pk"))


def in_module(records: QuerySet, key: str) -> QuerySet:
    """Return the records in a module, by its key; of none for NO_MODULE."""
    return records.filter(module="" if key == NO_MODULE else key)


def without_module(records: QuerySet) -> QuerySet:
    """Return the records of cases in a need group that name neither module nor complex."""
    placed = CasePlacement.objects.filter(case=OuterRef("case"), valid_from__lte=OuterRef("day"))
    return records.filter(Exists(placed), module="", stage="")


def missing_module(user, narrowing: Narrowing) -> Measured:
    """Count the records of the period that should name a module and do not."""
    first, last = narrowing.first, past(narrowing)
    rows = without_module(narrowed_records(user, narrowing).filter(day__range=(first, last)))
    url = narrowing.address(
        "records", status="submitted", without_module="on", day_from=first, day_until=last
    )
    return Measured(rows.count(), url)


def module_names() -> dict[str, str]:
    """Return what modules are called, by key: as each catalogue's newest edition does.

    Catalogues may use one key for different things: then all of them are named.
    """
    rows = EditionModule.objects.order_by("edition__catalogue__title", "edition__number")
    columns = ("key", "edition__catalogue", "code", "title")
    found: dict[str, dict] = defaultdict(dict)
    for key, catalogue, code, title in rows.values_list(*columns):
        found[key][catalogue] = f"{code} {title}".strip()
    return {key: " / ".join(dict.fromkeys(names.values())) for key, names in found.items()}


def by_module(user, narrowing: Narrowing) -> list[Line]:
    """Return what was worked for the running cases in each module, and what their plans say."""
    records = of_running(narrowed_records(user, narrowing), narrowing.today)
    counts = records.values_list("module").annotate(count=Count("*"), time=Sum("minutes"))
    worked = {module: (count, time) for module, count, time in counts}
    placements = within(in_force(CasePlacement, narrowing.today), user, narrowing, of="case__")
    plans = planned_hours(placements.filter(runs(narrowing.today, of="case__")))
    names = module_names()
    lines = []
    for key in sorted(worked.keys() | plans.keys(), key=lambda key: (not key, names.get(key, key))):
        count, time = worked.get(key, (0, 0))
        url = narrowing.address(
            "records", status="submitted", of_running="on", module=key or NO_MODULE
        )
        label = names.get(key, key) or _("in no module")
        lines.append(Line(label, _cells(count, time, plans.get(key), url)))
    return lines[:MOST_LINES]


def _cells(count: int, time: int, planned: Fraction | None, url: str) -> list[Measured]:
    worked = Fraction(time, MINUTES_PER_HOUR)
    share = percent(worked, planned or Fraction(0))
    return [
        Measured(count, url),
        Measured(round_to(worked, 2), url, text=clock(time)),
        _hours(planned),
        Measured(share, text=NOTHING if share is None else f"{share}{NO_BREAK}%"),
    ]


def _hours(planned: Fraction | None) -> Measured:
    if planned is None:
        return Measured(None)
    return Measured(round_to(planned, 2), text=clock(round(planned * MINUTES_PER_HOUR)))


def planned_hours(placements: QuerySet) -> dict[str, Fraction]:
    """Return the guide values of all plans in force, in hours, by module.

    Cases placed alike are planned once. What still stands to choice is in no plan.
    """
    alike = placements.order_by().values(*PLANNED_BY)
    alike = alike.annotate(cases=Count("*"), example=Min("pk"))
    number = {row["example"]: row["cases"] for row in alike}
    examples = CasePlacement.objects.in_bulk(number)
    contents = catalogue_contents({row.catalogue_edition_id for row in examples.values()})
    hours: dict[str, Fraction] = defaultdict(Fraction)
    for key, row in examples.items():
        for module in plan_of(contents[row.catalogue_edition_id], row).modules:
            if not module.is_open:
                hours[module.module.key] += Fraction(module.hours.maximum) * number[key]
    return hours
