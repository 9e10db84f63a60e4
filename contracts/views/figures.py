"""Figures for those who steer: numbers and charts, each of which leads to its rows."""

from functools import cached_property

import django_tables2 as tables
from django import forms
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from base.replica import reading_from_replica
from base.workspace.chips import chips_of
from base.workspace.exports import FORMATS, export
from base.workspace.figures import (
    PERIOD,
    SEES,
    Breakdown,
    Figure,
    Line,
    Measured,
    Narrowing,
    Told,
)
from base.workspace.registry import registry
from base.workspace.tables import Table
from base.workspace.views import Page
from contracts.models import Organisation, Team
from contracts.period_field import PeriodField
from contracts.reach import oversees

FEW_LINES, FEW_COLUMNS = 6, 2
"""A table of no more than these has room for its chart beside it; below larger ones it stands."""

NUMBERS = "numbers"
"""Under this name all single numbers are exported; a breakdown under its key."""


class NarrowingForm(forms.Form):
    """What figures are narrowed by; choices are what the person may see."""

    period = PeriodField(label=gettext_lazy("Period"), required=False)
    body = forms.ModelChoiceField(
        Organisation.objects.none(),
        label=gettext_lazy("Commissioning body"),
        required=False,
        empty_label=gettext_lazy("all"),
    )
    provider = forms.ModelChoiceField(
        Organisation.objects.none(),
        label=gettext_lazy("Provider"),
        required=False,
        empty_label=gettext_lazy("all"),
    )
    team = forms.ModelChoiceField(
        Team.objects.none(),
        label=gettext_lazy("Team"),
        required=False,
        empty_label=gettext_lazy("all"),
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        for name, rows in choices(user).items():
            if rows is None:
                del self.fields[name]
            else:
                self.fields[name].queryset = rows

    def narrowing(self, today) -> Narrowing:
        """Return what is asked for; what cannot be read narrows nothing."""
        found = self.cleaned_data if self.is_valid() else {}
        usual = Narrowing.this_year(today)
        period = found.get(PERIOD) or usual
        keys = {name: row.pk for name, row in found.items() if name != PERIOD and row}
        return Narrowing(period.first, period.last, today, keys)


def choices(user) -> dict:
    """Return which organisations and teams a person can narrow figures by, by the filter's name.

    As lists do: whoever works for a provider knows no other, and one body is no choice.
    """
    organisations = Organisation.objects.visible_to(user).order_by("name")
    bodies = organisations.filter(kind=Organisation.Kind.COMMISSIONING_BODY)
    providers = organisations.filter(kind=Organisation.Kind.PROVIDER)
    return {
        "body": bodies if bodies.count() > 1 else None,
        "provider": providers if oversees(user) else None,
        "team": Team.objects.visible_to(user).order_by("name"),
    }


class FiguresPage(Page, TemplateView):
    """All figures the person may see, under the headings of the apps that know them."""

    permission_required = SEES
    template_name = "contracts/figures.html"
    title = gettext_lazy("Figures")
    menu = "figures"

    @cached_property
    def form(self) -> NarrowingForm:
        """What the figures are narrowed by."""
        return NarrowingForm(self.request.GET, user=self.request.user)

    @cached_property
    def narrowing(self) -> Narrowing:
        """What the figures are asked for."""
        return self.form.narrowing(timezone.localdate())

    def told(self, kind) -> list:
        """Return the figures or breakdowns that can be told for what is asked for."""
        return [each for each in self.every(kind) if each.fits(self.narrowing)]

    def every(self, kind) -> list:
        """Return all figures or breakdowns the person may see."""
        return registry.of(kind, self.request.user)

    def numbers(self) -> list[tuple[Figure, Measured]]:
        """Return the single numbers."""
        user = self.request.user
        return [(each, each.measure(user, self.narrowing)) for each in self.told(Figure)]

    def lines(self, breakdown: Breakdown) -> list[Line]:
        """Return the lines of a breakdown."""
        return list(breakdown.find(self.request.user, self.narrowing))

    def rooms(self) -> dict[str, dict]:
        """Return numbers and breakdowns under the headings they stand under, in their order."""
        kinds = [each.room for each in sorted(self.told(Told), key=lambda each: each.order)]
        rooms = {str(room): {"numbers": [], "breakdowns": []} for room in kinds}
        for figure, value in self.numbers():
            rooms[str(figure.room)]["numbers"].append((figure, value))
        for each in self.told(Breakdown):
            lines = self.lines(each)
            if lines or each.empty:
                chart = chart_of(each, lines)
                layout = layout_of(each, lines) if chart else ""
                # On a telephone each number stands beside the name of its column.
                rows = [
                    (line.label, list(zip(each.columns, line.cells, strict=True))) for line in lines
                ]
                rooms[str(each.room)]["breakdowns"].append((each, rows, chart, layout))
        return rooms

    def get(self, request, *args, **kwargs):
        wanted = request.GET.get("export")
        if wanted not in FORMATS:
            return super().get(request, *args, **kwargs)
        with reading_from_replica():
            title, table = self._table(request.GET.get("table", NUMBERS))
        return export(wanted, table, request, title=title)

    def _table(self, key: str) -> tuple[str, Table]:
        if key == NUMBERS:
            rows = [_row(each.label, [value]) for each, value in self.numbers()]
            return _("Figures"), _as_table(rows, _("Figure"), [_("Value")])
        found = next((each for each in self.told(Breakdown) if each.key == key), None)
        if found is None:
            raise Http404
        rows = [_row(line.label, line.cells) for line in self.lines(found)]
        return str(found.label), _as_table(rows, found.head, found.columns)

    def get_context_data(self, **kwargs):
        form, query = self.form, self.request.GET.copy()
        active = [name for name in form.changed_data if name in self.request.GET]
        for name in ("export", "table"):
            query.pop(name, None)
        return super().get_context_data(
            form=form,
            active_filters=len(active),
            chips=chips_of(self.request, form, active),
            narrowing=self.narrowing,
            rooms=self.rooms(),
            left_out=[each.label for each in self.every(Told) if not each.fits(self.narrowing)],
            query=query.urlencode(),
            export_formats=FORMATS,
            numbers_key=NUMBERS,
            **kwargs,
        )


def layout_of(breakdown: Breakdown, lines: list[Line]) -> str:
    """Return how a table and its chart share the room they have."""
    if len(lines) > FEW_LINES:
        return "many"
    return "beside" if len(breakdown.columns) <= FEW_COLUMNS else ""


def chart_of(breakdown: Breakdown, lines: list[Line]):
    """Return the chart beside a breakdown's table; None where it has nothing to show."""
    from base.workspace.chart import bar_chart  # pygal: only for pages with a chart

    series = {
        str(breakdown.columns[place]): [line.cells[place].value or 0 for line in lines]
        for place in breakdown.drawn
    }
    if not any(value for values in series.values() for value in values):
        return None
    return bar_chart(
        breakdown.key,
        title=str(breakdown.label),
        description=_("The table beside it has the figures."),
        labels=[str(line.label) for line in lines],
        series=series,
    )


def _row(label, cells) -> dict:
    return {"label": str(label)} | {
        f"column{place}": cell.text or cell.value for place, cell in enumerate(cells)
    }


def _as_table(rows: list[dict], head, columns) -> Table:
    heads = {"label": head} | {f"column{place}": name for place, name in enumerate(columns)}
    extra = [(name, tables.Column(verbose_name=text)) for name, text in heads.items()]
    return Table(rows, extra_columns=extra, orderable=False)
