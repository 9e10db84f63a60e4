"""A line of a statement: how its amount arises, and the facts behind it."""

from django.core.paginator import Page as Pages
from django.core.paginator import Paginator
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import DetailView

from base.workspace.views import Crumb, Page, ScopedMixin
from contracts.models import PayrollLine
from contracts.units import UNITS
from jobs.documents.statement import statement_title
from jobs.explanation.amounts import Source, explanation_of, sees_sources, sources_of
from jobs.models import StatementLine
from jobs.views.statements import TONES

SOURCES_PER_PAGE = 50


class LinePage(Page, ScopedMixin, DetailView):
    """How a line's amount arises: as a page, or as the part that opens below the line."""

    model = StatementLine
    permission_required = "jobs.view_statement"
    menu = "statements"

    def get_queryset(self):
        """Return visible lines with what they rest on."""
        related = ("statement__contract__provider", "statement__corrects", "edition", "case")
        return super().get_queryset().select_related(*related)

    def get_template_names(self):
        part = self.request.headers.get("HX-Request")
        return ["jobs/statement_explanation.html" if part else "jobs/statement_line.html"]

    def get_title(self):
        return _("Line %(position)d: %(label)s") % {
            "position": self.object.position,
            "label": self.object.label,
        }

    def crumbs(self):
        statement = self.object.statement
        return [
            Crumb(_("Billing statements"), reverse("statements")),
            Crumb(statement_title(statement), reverse("statement", args=[statement.pk])),
        ]

    def get_context_data(self, **kwargs):
        line, user = self.object, self.request.user
        line.explanation = explanation_of(line, with_sources=sees_sources(line, user))
        context = {
            "line": line,
            "statement": line.statement,
            "tone": TONES[line.statement.status],
            "sees_sources": sees_sources(line, user),
            "sources": sources_page(line, self.request.GET.get("page"), user),
            "units": {code: _(label) for code, label in UNITS.items()},
        }
        return super().get_context_data(**context | kwargs)


class SourcesPart(LinePage):
    """Further facts behind a line, to be put below those shown."""

    def get_template_names(self):
        return ["jobs/statement_sources.html"]


class _Sources:
    """The facts behind a line, looked up by the page."""

    def __init__(self, line: StatementLine):
        self.line, self.number = line, len(line.sources.split())

    def __len__(self) -> int:
        return self.number

    def __getitem__(self, part: slice) -> list[Source]:
        return sources_of(self.line, part.start, part.stop - part.start)


def sources_page(line: StatementLine, page: str | None, user) -> Pages:
    """Return a page of the facts behind a line, as (fact, address, changed since).

    An empty one for who may not see such facts: how many there are stands in the heading.
    """
    rows = _Sources(line) if sees_sources(line, user) else []
    found = Paginator(rows, SOURCES_PER_PAGE).get_page(page)
    sources = list(found.object_list)
    newest = _newest(sources)
    found.object_list = [
        {
            "source": source,
            "url": address_of(source),
            "changed": newest.get(source.key, source.version) != source.version,
        }
        for source in sources
    ]
    return found


def _newest(sources: list[Source]) -> dict[int, int]:
    if not sources:
        return {}
    rows = sources[0].model.objects.filter(pk__in=[source.key for source in sources]).order_by()
    return dict(rows.values_list("pk", "version"))


def address_of(source: Source) -> str:
    """Return where one looks at a fact: the payroll line, the record of a case."""
    page = "payroll-line" if source.model is PayrollLine else "record"
    return reverse(page, args=[source.key])
