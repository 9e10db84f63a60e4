"""What the workspace's screens are made of.

Every page says which permission it needs, and every object it shows comes from `visible_to`: a
foreign key is a 404, whoever asks (decision 9). What a page changes, it changes by an action.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from django.contrib import messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import NON_FIELD_ERRORS, ImproperlyConfigured, ValidationError
from django.db import transaction
from django.db.models import Model, QuerySet
from django.forms import Form
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.generic import DetailView, FormView, TemplateView
from django_filters.views import FilterView
from django_tables2 import SingleTableMixin

from base.asking import ANSWER, answer_to
from base.models import SavedView
from base.once import OnceForm
from base.refusals import readable
from base.replica import reading_from_replica
from base.scoping import ScopedQuerySet
from base.workspace.chips import chips_of
from base.workspace.exports import FORMATS, export
from base.workspace.file_openings import announce, require_reason
from base.workspace.overwriting import SEEN, Overwritten, seen_now
from base.workspace.paging import BoundedPaginator
from base.workspace.registry import Text, registry

ROWS_PER_PAGE = 50


@dataclass(frozen=True)
class Crumb:
    """A step of the way to a page."""

    label: Text
    url: str


class Page(PermissionRequiredMixin):
    """A page of the workspace for people who are signed in.

    `permission_required` is a permission, several (all needed), or `()` for everybody signed in;
    a page that says nothing does not work. `menu` is the key of the menu entry it belongs to.
    `asks_why` is False for the page alone that asks why a file is opened, and shows nothing of it.
    """

    title: Text = ""
    menu = ""
    asks_why = True

    def has_permission(self) -> bool:
        """Return whether the person may see the page at all."""
        return self.request.user.is_authenticated and super().has_permission()

    def dispatch(self, request, *args, **kwargs):
        """Answer, and announce whose data was shown."""
        response = super().dispatch(request, *args, **kwargs)
        found = vars(self)
        if self.asks_why:
            announce(request, response, found.get("object") or found.get("target"))
        return response

    def get_title(self) -> Text:
        """Return the heading, also shown in the browser's tab."""
        return self.title

    def crumbs(self) -> Sequence[Crumb]:
        """Return the way to this page, without itself."""
        return ()

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            title=self.get_title(), crumbs=self.crumbs(), menu_key=self.menu, **kwargs
        )


class ScopedMixin:
    """Rows of `model` to which the person may do what the page's permissions name."""

    model: type[Model]
    permission_required: str | Sequence[str]

    def get_queryset(self) -> QuerySet:
        """Return the rows to which one membership may do what the page does, and see them.

        Subclasses narrow and join.
        """
        return self.rows_of(self.model)

    def rows_of(self, model: type[Model]) -> QuerySet:
        """Return the rows of a model that the person may see, and treat as the page asks."""
        rows = model._default_manager.all()
        needed = self.permission_required
        needed = (needed,) if isinstance(needed, str) else tuple(needed)
        own = rows.asked(()) if isinstance(rows, ScopedQuerySet) else ()
        return rows.visible_to(self.request.user, *own, *needed)

    @cached_property
    def target(self) -> Model:
        """The row the address names, by its key; 404 where there is none for this person.

        Who is not responsible for the file it lies in is asked first why they open it.
        """
        row = get_object_or_404(self.get_queryset(), pk=self.kwargs["pk"])
        if getattr(self, "asks_why", True):
            require_reason(self.request, row)
        return row


@dataclass(frozen=True)
class Confirmation:
    """What a form's page says before it asks once more: a template, and what is sent along then."""

    template: str
    name: str
    value: str


class Unconfirmed(Exception):
    """What follows is shown before the form is carried out; `context` is what its template needs.

    Nothing is stored; the page asks once more.
    """

    def __init__(self, confirmation: Confirmation, **context):
        self.confirmation, self.context = confirmation, context
        super().__init__(confirmation.template)


class SimplePage(Page, TemplateView):
    """A page that only shows a template."""


class ListPage(Page, ScopedMixin, SingleTableMixin, FilterView):
    """A list with filters, order, pages, saved views, sums and export.

    Give it `model`, `table_class`, `filterset_class` and, for the saved views, nothing more.
    `summary` may say figures about all rows that the filters leave. `actions` is a list of
    (label, url) shown as buttons above.
    """

    template_name = "base/workspace/list.html"
    # The table's pages only: the view's own would count all rows a second time.
    table_pagination = {"per_page": ROWS_PER_PAGE, "paginator_class": BoundedPaginator}
    strict = False
    empty_text: Text = ""

    def summary(self, rows: QuerySet) -> Sequence[tuple[Text, str]]:
        """Return label and shown value of figures over all filtered rows."""
        return ()

    def actions(self) -> Sequence[tuple[Text, str]]:
        """Return label and address of what can be begun here."""
        return ()

    def get(self, request, *args, **kwargs):
        wanted = request.GET.get("export")
        if wanted not in FORMATS:
            return super().get(request, *args, **kwargs)
        with reading_from_replica():
            super().get(request, *args, **kwargs)
            table = self.get_table(**self.get_table_kwargs())
        return export(wanted, table, request, title=self.get_title())

    def get_table_kwargs(self):
        in_file = self.request.GET.get("export") in FORMATS
        return {
            "empty_text": self.empty_text or _("Nothing found."),
            "exclude": () if in_file else self.table_class.in_files_only,
        }

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        form = context["filter"].form
        active = [name for name in form.changed_data if name in self.request.GET]
        query = self.request.GET.copy()
        for name in ("page", "export"):
            query.pop(name, None)
        views = SavedView.objects.visible_to(self.request.user)
        return context | {
            "active_filters": len(active),
            "chips": chips_of(self.request, form, active),
            "query": query.urlencode(),
            "page_name": self.request.resolver_match.view_name,
            "saved_views": views.filter(page=self.request.resolver_match.view_name),
            "summary": self.summary(self.object_list),
            "actions": self.actions(),
            "export_formats": FORMATS,
        }


class DetailPage(Page, ScopedMixin, DetailView):
    """The page of one object, with the panels registered for its model as tabs.

    `template_name` extends base/workspace/detail.html and fills its block `overview`. Only the
    open tab is computed. `own_tabs` are tabs of the page itself: (key, label, template), whose
    context comes from a method `tab_<key>()`.
    """

    own_tabs: Sequence[tuple[str, Text, str]] = ()

    def get_object(self, queryset=None) -> Model:
        """Return the row the address names, as `target` finds it."""
        return self.target

    def get_title(self) -> Text:
        return str(self.object)

    def get_context_data(self, **kwargs):
        panels = registry.panels(self.object, self.request.user)
        tabs = [
            *(
                (key, label, template, getattr(self, f"tab_{key}"))
                for key, label, template in self.own_tabs
            ),
            *((p.key, p.label, p.template, self._shown(p)) for p in panels if p.place == "tab"),
        ]
        wanted = self.request.GET.get("tab", "")
        tab = next((tab for tab in tabs if tab[0] == wanted), None)
        context = super().get_context_data(**kwargs) | {
            "tabs": [(key, label) for key, label, *_rest in tabs],
            "tab": tab[0] if tab else "",
            "tab_label": tab[1] if tab else "",
            "overview_panels": [],
        }
        if tab is None:
            return context | {
                "overview_panels": [
                    (panel, self._drawn(panel, found))
                    for panel in panels
                    if panel.place == "overview"
                    and (found := panel.context(self.request, self.object)) is not None
                ]
            }
        return context | {"tab_template": tab[2], **(tab[3]() or {})}

    def _shown(self, panel):
        return lambda: panel.context(self.request, self.object)

    def _drawn(self, panel, found: dict) -> str:
        return render_to_string(panel.template, {"object": self.object} | found, self.request)


class FormPage(Page, OnceForm, FormView):
    """A form whose content an action carries out, once for each page that was given out.

    Subclasses write `act(form)`, which calls the action and returns what it made; a
    ValidationError it raises is shown at the field it names, or above the form, and nothing is
    stored. `button` labels the submit button; `warning` says what cannot be undone, and turns it
    into a confirmation. `stays` is True where the page is still there after it was sent, since a
    file is the answer: it can be sent again.

    `guarded()` may return the tracked object being changed: when somebody else has changed it
    since the form was opened, the person is told what, keeps the input, and decides.
    """

    template_name = "base/workspace/form.html"
    form_class = Form
    button: Text = ""
    warning: Text = ""
    stays = False

    def act(self, form):
        """Carry out what the form asks for."""
        raise ImproperlyConfigured(f"{type(self).__name__} does nothing")

    def guarded(self) -> Model | None:
        """Return the object that must not be overwritten unseen."""
        return None

    def done(self, result) -> Text:
        """Return the message that says what happened; empty for none."""
        return _("Saved.")

    def back(self) -> str:
        """Return the address for "cancel"."""
        crumbs = self.crumbs()
        return crumbs[-1].url if crumbs else "/"

    def get_success_url(self) -> str:
        return self.back()

    def form_valid(self, form) -> HttpResponse:
        try:
            with transaction.atomic():
                self.require_seen()
                self.require_confirmed(form)
                self.result = self.act(form)
        except Unconfirmed as asked:
            return self.render_to_response(
                self.get_context_data(form=form, confirmation=asked.confirmation, **asked.context)
            )
        except Overwritten as overwritten:
            return self.render_to_response(
                self.get_context_data(form=form, overwritten=overwritten)
            )
        except ValidationError as error:
            add_errors(form, error)
            return self.form_invalid(form)
        if text := self.done(self.result):
            messages.success(self.request, text)
        return self.answer(self.result)

    def answer(self, result) -> HttpResponse:
        """Return what follows when it is done: the way on, unless the page hands a file out."""
        return HttpResponseRedirect(self.get_success_url())

    def require_seen(self) -> None:
        """Raise Overwritten when the guarded object is no longer what the person saw."""
        if target := self.guarded():
            seen = self.request.POST.get(SEEN, "")
            if seen != seen_now(target):
                raise Overwritten(target, seen, self.request.user)

    def require_confirmed(self, form) -> None:
        """Raise Unconfirmed when what follows from a valid form has to be shown first."""

    def ask(self, told, template: str, **context) -> None:
        """Raise Unconfirmed with a template and its context, unless the person was told just this.

        `told` is what follows: of plain values, days and amounts.
        """
        answer = answer_to(self.request, told, SEEN)
        if self.request.POST.get(ANSWER) != answer:
            raise Unconfirmed(Confirmation(template, ANSWER, answer), **context)

    def get_context_data(self, **kwargs):
        target = self.guarded()
        context = {"overwritten": None, "confirmation": None} | kwargs
        button = _("Save all the same") if context["confirmation"] else _("Save")
        return super().get_context_data(**context) | {
            "button": self.button or button,
            "warning": self.warning,
            "stays": self.stays,
            "back": self.back(),
            "seen": seen_now(target) if target else "",
            "reference": self.reference,
        }


class ObjectFormPage(ScopedMixin, FormPage):
    """A form about one visible row, `self.target`.

    The browser's tab names the row: the title does (`get_title`), or the way to the page ends with
    the row.
    """

    def get_context_data(self, **kwargs):
        names_it = type(self).get_title is not Page.get_title
        crumbs = () if names_it else self.crumbs()
        about = crumbs[-1].label if crumbs else ""
        return super().get_context_data(target=self.target, about=about, **kwargs)


def add_errors(form: Form, error: ValidationError) -> None:
    """Show an action's refusal in the form: at the fields it has, above the form otherwise."""
    error = readable(error)
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, found in error.error_dict.items():
        # A table of forms has no fields of its own.
        fields = getattr(form, "fields", ())
        at = name if name in fields and name != NON_FIELD_ERRORS else None
        form.add_error(at, found)
