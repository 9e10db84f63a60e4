"""What all drafts share in the content studio: publishing that can be refused with a reason."""

from django.core.exceptions import ValidationError
from django.db import transaction
from wagtail.snippets.views.snippets import CreateView, EditView, SnippetViewSet


class RefusableMixin:
    """Show why content cannot be frozen beside the form, with nothing saved or published."""

    def form_valid(self, form):
        try:
            with transaction.atomic():
                return super().form_valid(form)
        except ValidationError as error:
            form.add_error(None, error)
            return self.form_invalid(form)


class DraftCreateView(RefusableMixin, CreateView):
    """Write a new draft."""


class DraftEditView(RefusableMixin, EditView):
    """Change a draft, submit it, publish it."""


class DraftViewSet(SnippetViewSet):
    """Stock snippet views for a draft."""

    add_view_class = DraftCreateView
    edit_view_class = DraftEditView
    copy_view_enabled = False
    list_per_page = 50
