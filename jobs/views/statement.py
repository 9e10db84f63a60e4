"""One statement: how far it is, its lines, what can be done now, corrections, events, letter."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.contrib.auth import get_user_model
from django.core.paginator import Page as Pages
from django.core.paginator import Paginator
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import View

from base.documents import DOCX, DocumentError, PdfError
from base.views.stored_file import (
    say_missing,
    say_no_pdf,
    say_silent,
    say_unmade,
    send_stored,
)
from base.workspace.views import Crumb, DetailPage, Page, ScopedMixin
from contracts.dates.obligations import obligations
from contracts.units import UNITS
from jobs.actions.make_document import make_statement_document
from jobs.documents import formats
from jobs.documents.statement import statement_title
from jobs.explanation.amounts import explanation_of, sees_all_sources, sees_sources
from jobs.explanation.reasons import captions_of, reason_text
from jobs.marks import is_outdated
from jobs.models import Statement, StatementEvent, StatementLine
from jobs.statements.unpriced import unpriced_work
from jobs.views.statement_evidence import evidence_of, reads_costs
from jobs.views.statements import TONES, short_name

NO_RATE = formats.NOTHING
LINES_PER_PAGE = 100
EVIDENCE = ("contracts.view_payrollline", "contracts.view_evidence")


@dataclass(frozen=True)
class Stage:
    """A step in a statement's life: done by whom and when, the current one, or still to come.

    Of the current one `who` is said where it is not finance.
    """

    label: str
    state: str
    who: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Button:
    """Something the person may do with the statement now."""

    label: str
    url: str
    kind: str = "secondary"


class StatementPage(DetailPage):
    """A statement with everything one asks before putting one's name to it."""

    model = Statement
    template_name = "jobs/statement.html"
    permission_required = "jobs.view_statement"
    menu = "statements"

    def get_queryset(self):
        """Return visible statements with contract and parties."""
        return super().get_queryset().joined("contract__provider", "corrects")

    def get_title(self):
        return statement_title(self.object)

    def crumbs(self):
        return [Crumb(_("Billing statements"), reverse("statements"))]

    def get_context_data(self, **kwargs):
        statement, user = self.object, self.request.user
        lines = lines_of(statement, self.request.GET.get("page"))
        events = list(statement.events.order_by("at", "pk"))
        people = _people(events)
        context = {
            "statement": statement,
            "tone": TONES[statement.status],
            "deducted": -statement.instalments,
            "period_name": formats.period(statement.period),
            "lines": lines,
            "explained": "explained" in self.request.GET,
            "units": {code: _(label) for code, label in UNITS.items()},
            "stages": _stages(statement, events, people),
            "returned": _returned(statement, events, people),
            "buttons": _buttons(statement, user),
            "waits_for_another": _waits_for_another(statement, user),
            "may_print": sees_all_sources(statement, user),
            "events": [(event, people.get(event.actor_number, "–")) for event in events],
            "chain": _chain(statement),
            "months": (),
            "outdated": not statement.is_void and is_outdated(statement),
            "unpriced": unpriced_work(
                statement.contract, statement.period, obligations(statement.contract)
            ),
        }
        captions = captions_of(statement, list(lines))
        for line in lines:
            line.statement = statement
            line.because = ""
            if line.pk in captions and sees_sources(line, user):
                line.because = reason_text(captions[line.pk])
        if context["explained"]:
            for line in lines:
                line.explanation = explanation_of(line, with_sources=sees_sources(line, user))
        if user.has_perms(EVIDENCE, statement) and reads_costs(statement, lines):
            context |= evidence_of(statement)
        return super().get_context_data(**context | kwargs)


def lines_of(statement: Statement, page: str | None) -> Pages:
    """Return a page of the lines, each with its edition."""
    rows = statement.lines.with_editions().select_related("case").order_by("position")
    found = Paginator(rows, LINES_PER_PAGE).get_page(page)
    lines = found.object_list = list(found.object_list)
    for line in lines:
        line.shown_rate = _rate(line)
    return found


def _rate(line: StatementLine) -> str:
    """Return the rate as it is read: 62,40 €, of money 12 %."""
    if line.rate is None:
        return NO_RATE
    if line.unit == "EUR":
        return formats.percent(line.rate)
    return formats.price(line.rate)


def _people(events) -> dict[int, str]:
    """Return the names of who did it, by number; the number itself where a person was erased."""
    numbers = {event.actor_number for event in events if event.actor_number}
    found = get_user_model().objects.in_bulk(numbers)
    return {n: found[n].display_name if n in found else f"#{n}" for n in numbers}


def _stages(statement: Statement, events, people) -> list[Stage]:
    """Return the steps with who took them; what came before a return counts no more.

    What was returned is handed in again before anything else happens to it.
    """
    Kind, Status = StatementEvent.Kind, Statement.Status
    if statement.is_void:
        last = events[-1]
        who = people.get(last.actor_number, "")
        return [Stage(statement.get_status_display(), "done", who, last.at)]
    reached = {
        Status.DRAFT: 1, Status.RETURNED: 1, Status.CHECKED: 2, Status.RELEASED: 3, Status.ISSUED: 4
    }[statement.status]  # fmt: skip
    last = {event.kind: event for event in events}
    steps = [
        (Kind.COMPUTED, _("computed")),
        (Kind.CHECKED, _("checked")),
        (Kind.RELEASED, _("released")),
        (Kind.ISSUED, _("issued")),
    ]
    stages = []
    for place, (kind, label) in enumerate(steps):
        event = last.get(kind) if place < reached else None
        state = "done" if place < reached else "next" if place == reached else "open"
        who = people.get(event.actor_number, "") if event else ""
        stages.append(Stage(label, state, who, event.at if event else None))
    if statement.status == Status.RETURNED:
        again = Stage(_("handed in again"), "next", str(statement.contract.provider))
        stages = [stages[0], again, *(Stage(each.label, "open") for each in stages[1:])]
    return stages


def _returned(statement: Statement, events, people) -> tuple | None:
    """Return the event and the name of who returned the statement, while it is returned."""
    if statement.status != Statement.Status.RETURNED:
        return None
    event = [event for event in events if event.kind == StatementEvent.Kind.RETURNED][-1]
    return event, people.get(event.actor_number, "")


def _buttons(statement: Statement, user) -> list[Button]:
    """Return what this person may do now, the step forward first."""
    Status = Statement.Status
    forward = {
        Status.DRAFT: ("check", _("Check")),
        Status.CHECKED: ("release", _("Release")),
        Status.RELEASED: ("issue", _("Issue")),
        Status.RETURNED: ("resubmit", _("Hand in again")),
    }
    buttons = []
    if found := forward.get(statement.status):
        verb, label = found
        if user.has_perm(f"jobs.{verb}_statement", statement) and not _waits_for_another(
            statement, user
        ):
            buttons.append(Button(label, _address(statement, verb), "primary"))
    open_to_return = (Status.DRAFT, Status.CHECKED, Status.RELEASED)
    if statement.status in open_to_return and user.has_perm("jobs.return_statement", statement):
        buttons.append(Button(_("Return"), _address(statement, "return")))
    if statement.status != Status.ISSUED and user.has_perm("jobs.start_jobrun", statement):
        buttons.append(Button(_("Compute again"), _address(statement, "compute"), "tertiary"))
    return buttons


def _address(statement: Statement, verb: str) -> str:
    """Return where a step is taken, with what the person has seen."""
    seen = statement.inputs_hash
    return reverse(f"statement-{verb}", args=[statement.pk]) + f"?seen={seen}"


def _waits_for_another(statement: Statement, user) -> str:
    """Return why somebody else has to take the next step, or an empty string."""
    Status = Statement.Status
    if statement.status == Status.DRAFT and statement.resubmitted_by_id == user.pk:
        return _("You handed this statement in again; somebody else checks it.")
    if statement.checked_by_id == user.pk:
        if statement.status == Status.CHECKED:
            return _("You checked this statement; a second person releases it.")
        if statement.status == Status.RELEASED:
            return _("You checked this statement; a second person issues it.")
    return ""


@dataclass(frozen=True)
class Chain:
    """A period's original and corrections, and what they come to together."""

    statements: list[Statement]
    total: Decimal
    instalments: Decimal
    balance: Decimal


def _chain(statement: Statement) -> Chain | None:
    """Return original and corrections where there is more than one."""
    found = list(
        Statement.objects.for_period(statement.contract, statement.period)
        .standing()
        .joined("contract")
    )
    if len(found) < 2:
        return None
    for each in found:
        each.short_name, each.tone = short_name(each), TONES[each.status]
    total, paid = (sum(getattr(s, name) for s in found) for name in ("total", "instalments"))
    return Chain(found, total, paid, total - paid)


class StatementDocumentView(Page, ScopedMixin, View):
    """A statement as a letter, .docx or PDF."""

    model = Statement
    permission_required = "jobs.view_statement"
    suffix = DOCX

    def get(self, request, pk):
        """Return the letter with the facts annexed, to who may see these; a draft's is made now."""
        if not sees_all_sources(self.target, request.user):
            raise Http404
        try:
            document = make_statement_document(self.target, self.suffix)
        except PdfError as error:
            return say_no_pdf(request, error, docx=reverse("statement-document", args=[pk]))
        except DocumentError as error:
            title = f"{statement_title(self.target)}{self.suffix}"
            return say_unmade(request, title, error)
        except FileNotFoundError:  # of the .docx a PDF is made of
            return say_missing(request, f"{statement_title(self.target)}{self.suffix}")
        except OSError:  # the folder does not answer; later it may
            return say_silent(request, f"{statement_title(self.target)}{self.suffix}")
        return send_stored(
            request,
            document.sha256,
            document.filename,
            about=self.target,
            title=document.title,
            suffix=self.suffix,
        )
