"""What all drafts share in the content studio: publishing that can be refused with a reason."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.admin.ui.tables import Column, DateColumn, LiveStatusTagColumn, UpdatedAtColumn
from wagtail.snippets.views.snippets import CreateView, EditView, SnippetViewSet

LONGEST_LIST = 3


class RefusableMixin:
    """Show why content cannot be frozen beside the form, with nothing saved or published.

    A draft may be unfinished: it is saved as it is, and a note says what publishing would refuse.
    """

    def form_valid(self, form):
        before = self.object
        try:
            with transaction.atomic():
                response = super().form_valid(form)
        except ValidationError as error:
            # What was saved is undone; the page goes on with what it was opened with.
            self.object = before
            form.add_error(None, error)
            return self.form_invalid(form)
        if self.action in ("create", "edit") and not self.expects_json_response:
            self.say_what_is_missing()
        return response

    def say_what_is_missing(self) -> None:
        """Tell the editor of a saved draft why it could not be published as it is."""
        try:
            self.object.require(self.object.content())
        except ValidationError as error:
            shown = error.messages[:LONGEST_LIST]
            if rest := len(error.messages) - len(shown):
                shown.append(_("and %(count)d more") % {"count": rest})
            messages.warning(
                self.request, _("Not ready to be published: %s") % " · ".join(shown)
            )


class DraftCreateView(RefusableMixin, CreateView):
    """Write a new draft."""


class DraftEditView(RefusableMixin, EditView):
    """Change a draft, submit it, publish it."""


class DraftViewSet(SnippetViewSet):
    """Stock snippet views for a draft. Subclasses say how drafts are called in their list."""

    add_view_class = DraftCreateView
    edit_view_class = DraftEditView
    copy_view_enabled = False
    list_per_page = 50
    named_by: tuple[str, ...] = ("title", "key")

    @property
    def list_display(self):
        """The columns of the list: what it is, its newest edition, its state."""
        return [
            *self.named_by,
            Column("newest_edition", label=gettext_lazy("Edition"), sort_key="newest_edition"),
            DateColumn("applies_from", label=gettext_lazy("Applies from"), sort_key="applies_from"),
            LiveStatusTagColumn(),
            UpdatedAtColumn(),
        ]

    def get_queryset(self, request):
        """Return the drafts with the number of their newest edition."""
        return self.model._default_manager.annotate(newest_edition=Max("editions__number"))
