"""The studio's screens of a draft: its form with figures beside it, comparison, list."""

from django.core.exceptions import ValidationError
from django.db.models import Max
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.ui.components import MediaContainer
from wagtail.admin.ui.side_panels import ChecksSidePanel
from wagtail.admin.ui.tables import Column, UpdatedAtColumn
from wagtail.admin.views.generic import CopyViewMixin
from wagtail.admin.widgets.button import Button
from wagtail.snippets.views.snippets import (
    CreateView,
    EditView,
    RevisionsCompareView,
    SnippetViewSet,
)

from base import formats
from base.blocks import needs_a_part, sole_item
from base.comparison import At, Change
from base.editions import Draft
from base.studio.consequences import Consequences
from base.studio.doors import read_at
from base.studio.figures import (
    Figures,
    FiguresOnCreate,
    FiguresOnEdit,
    FiguresPanel,
    figures_of,
)
from base.studio.passages import passages_of
from base.studio.refusals import RefusableMixin, RefusableWorkflowAction
from base.studio.scope import NAMES, guarded, narrow_choices, own_drafts
from base.studio.screens import screens_of
from base.studio.states import STATES, state_of


class FiguresBesideMixin:
    """Show beside the form what is computed from it, where the kind of draft has figures."""

    def get_side_panels(self):
        """Return Wagtail's panels and the figures; its checks are for published pages."""
        panels = [
            panel for panel in super().get_side_panels() if not isinstance(panel, ChecksSidePanel)
        ]
        viewset = self.model.snippet_viewset
        if viewset.figures is not None and not self.expects_json_response:
            args = [] if self.view_name == "create" else [self.object.pk]
            name = "figures_on_add" if self.view_name == "create" else "figures_on_edit"
            url = reverse(viewset.get_url_name(name), args=args)
            draft = self.form.instance
            panels.append(FiguresPanel(draft, self.request, figures=viewset.figures, url=url))
        return MediaContainer(panels)


class OwnChoicesMixin:
    """Offer only what the person may draft for."""

    def get_form(self, *args, **kwargs):
        """Return Wagtail's form with the person's own choices."""
        form, names = super().get_form(*args, **kwargs), self.model.snippet_viewset.own_choices
        return narrow_choices(form, names, self.request.user, self.model)


class DraftCreateView(OwnChoicesMixin, FiguresBesideMixin, RefusableMixin, CreateView):
    """Write a new draft; of each part that it needs, the first is there to be filled in."""

    def get_initial(self):
        return super().get_initial() | {
            field.name: sole_item(field.stream_block)
            for field in self.model._meta.concrete_fields
            if hasattr(field, "stream_block") and needs_a_part(field.stream_block)
        }


class DraftCopyView(CopyViewMixin, DraftCreateView):
    """Write a new draft that begins as another one: with its content, under a name of its own."""

    def get_initial_form_instance(self):
        """Return what was published of the other one, without what it alone is known by."""
        draft = super().get_initial_form_instance()
        for field in draft.identity():
            if field.unique:
                setattr(draft, field.name, "")
        draft.applies_from = None
        # Whatever is stored of it is another draft, also by who posts to this very address.
        draft.pk, draft._state.adding = None, True
        draft.latest_revision = draft.live_revision = None
        draft.live, draft.has_unpublished_changes = False, True
        return draft

    def get_initial(self):
        """Return nothing: the parts are there."""
        return {}


class DraftEditView(OwnChoicesMixin, FiguresBesideMixin, RefusableMixin, EditView):
    """Change a draft, submit it, publish it."""

    @cached_property
    def header_more_buttons(self):
        """Return Wagtail's buttons, in our words, and the way to the page that readers see."""
        found, copy_url = super().header_more_buttons, self.get_copy_url()
        for button in found:
            if button.url == copy_url:
                button.label = _("Copy as a template")
        if url := read_at(self.object):
            found = [Button(_("Read it in the workspace"), url, icon_name="view"), *found]
        return found


class CompareView(RevisionsCompareView):
    """Compare two revisions by meaning where both are whole, and field by field in any case."""

    template_name = "base/studio/compare.html"

    def get_context_data(self, **kwargs):
        """Return Wagtail's comparison, and what changed in the words of the content."""
        return super().get_context_data(changes=self.changes(), **kwargs)

    def changes(self) -> list | None:
        """Return what changed; None where a side is unfinished, or nobody says how to compare."""
        revisions = (self.revision_id_a, self.revision_id_b)
        return changes_between(*(self._get_revision_and_heading(each)[0] for each in revisions))


def changes_between(old: Draft, new: Draft) -> list[Change] | None:
    """Return by meaning what differs between two states of a draft; None where one is unfinished.

    Also None where nobody says how to compare drafts of this kind.
    """
    compare = screens_of(type(new)).compare
    try:
        contents = [side.content() for side in (old, new)]
    except ValidationError:
        return None
    if compare is None:
        return None
    days = [formats.day(side.applies_from) for side in (old, new)]
    moved = [At("applies_from", _("Applies from")).change(*days)] if days[0] != days[1] else []
    return [*moved, *compare(*contents)]


class DayColumn(Column):
    """A column of days: 31.07.2026."""

    def get_value(self, instance):
        return formats.day(super().get_value(instance))


class StatusColumn(Column):
    """How far a draft has come, in words."""

    def get_value(self, instance):
        return STATES[state_of(instance)]


class DraftViewSet(SnippetViewSet):
    """Stock snippet views for a draft. Subclasses say how drafts are called in their list.

    `own_choices` names the fields that decide whose a draft is, `read_at` the address of the page
    of an edition.

    `figures` are computed from the form while it is being filled in; None: there are none.
    `consequences` are shown before publishing; None: it changes nothing but the draft.
    `compare` says by meaning what differs between two contents (`base.comparison`).
    """

    add_view_class = DraftCreateView
    edit_view_class = DraftEditView
    revisions_compare_view_class = CompareView
    workflow_action_view_class = RefusableWorkflowAction
    copy_view_class = DraftCopyView
    list_per_page = 50
    # Its index cannot leave out what belongs to others: words are looked for in the rows.
    search_backend_name = None
    named_by: tuple[str, ...] = ("title", "key")
    own_choices: tuple[str, ...] = ()
    read_at: str
    figures: Figures | None = None
    consequences: Consequences | None = None
    compare: staticmethod | None = None

    @property
    def search_fields(self):
        """What a word in the list is looked for in: what people call a draft."""
        own = {field.name for field in self.model._meta.concrete_fields}
        return [name for name in NAMES if name in own]

    @property
    def list_display(self):
        """The columns of the list: what it is, its newest edition, its state."""
        return [
            *self.named_by,
            Column("newest_edition", label=gettext_lazy("Edition"), sort_key="newest_edition"),
            DayColumn("applies_from", label=gettext_lazy("Applies from"), sort_key="applies_from"),
            StatusColumn("live", label=gettext_lazy("Status"), sort_key="live"),
            UpdatedAtColumn(),
        ]

    def get_queryset(self, request):
        """Return the drafts with the number of their newest edition."""
        rows = own_drafts(self.model, request.user)
        return rows.annotate(newest_edition=Max("editions__number"))

    def construct_view(self, view_class, **kwargs):
        """Return Wagtail's view, behind the question whose draft it is asked for."""
        return guarded(super().construct_view(view_class, **kwargs), self.model)

    def preview_of(self, draft) -> dict:
        """Return what the page that previews a draft shows: its words, and figures from them."""
        content_model = draft.edition_model.content_model
        return {
            "kind": capfirst(draft._meta.verbose_name),
            "title": self.figures.title if self.figures else "",
            "shown": figures_of(draft),
            "passages": passages_of(content_model, draft.plain(), leave_out=("title",)),
        }

    def get_urlpatterns(self):
        """Add the addresses that compute figures from a form."""
        views = {"figures_on_add": FiguresOnCreate, "figures_on_edit": FiguresOnEdit}
        paths = {"figures_on_add": "figures/", "figures_on_edit": "figures/<int:pk>/"}
        return super().get_urlpatterns() + [
            path(
                paths[name],
                self.construct_view(view, form_class=self.get_form_class(for_update=True)),
                name=name,
            )
            for name, view in views.items()
            if self.figures is not None
        ]
