"""What drafts can name of forms."""

from base.blocks import offer
from forms.models import FormDefinition


def _form_definitions():
    """Return the forms that service standards can name."""
    return FormDefinition.objects.filter(live=True).values_list("key", "title")


offer("form definitions", _form_definitions)
