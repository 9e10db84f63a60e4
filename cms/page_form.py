"""The studio's form of a page."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms import WagtailAdminPageForm
from wagtail.admin.panels import (
    FieldPanel,
    MultiFieldPanel,
    ObjectList,
    TabbedInterface,
    TitleFieldPanel,
)
from wagtail.documents import get_document_model
from wagtail.images import get_image_model

from base.blocks import KeySelect, help_of, registered
from base.shape import shape_of
from base.studio.panels import MomentPanel
from cms.content.page import PageContent
from cms.models.page import BODY
from cms.page_rights import own_files

FIELDS = shape_of(PageContent).fields
FILES = {"image": get_image_model, "document": get_document_model}


class PageForm(WagtailAdminPageForm):
    """Takes no file and no commissioning body that is none of the person's business."""

    def clean_body(self) -> str | None:
        """Return the chosen body; refuse one that the person does not write for."""
        body = self.cleaned_data["body"] or None
        offered = {key for key, _name in registered(FIELDS["body"].reference)}
        if body and body not in offered and body != self.instance.body:
            raise ValidationError(_("You do not write pages for this commissioning body."))
        return body

    def clean(self):
        """Refuse a page of one body that names none: whoever wrote it would not find it again."""
        values = super().clean()
        # Names a refused body no second time.
        if values.get("audience") == BODY and "body" in values and not values["body"]:
            self.add_error("body", _("Name the commissioning body that may read the page."))
        return values

    def clean_parts(self):
        """Return the parts; refuse a file that somebody has handed in whom nobody here knows."""
        parts = self.cleaned_data["parts"]
        chosen: dict[str, set[int]] = {kind: set() for kind in FILES}
        for part in parts or ():
            if part.block_type in FILES and part.value.get(part.block_type):
                chosen[part.block_type].add(part.value[part.block_type].pk)
        for kind, numbers in chosen.items():
            known = own_files(self.for_user, FILES[kind]().objects.filter(pk__in=numbers))
            if known.count() != len(numbers):
                raise ValidationError(_("One of these files is not there."))
        return parts


def _field(name: str, **options) -> FieldPanel:
    return FieldPanel(name, help_text=help_of(FIELDS[name]), **options)


def form_of_pages() -> TabbedInterface:
    """Return the form: what it is and who may read it, what it says."""
    audience = KeySelect(FIELDS["body"].reference, required=False)
    head = [
        TitleFieldPanel("title", help_text=help_of(FIELDS["title"]), placeholder=False),
        _field("kind"),
        _field("summary"),
        FieldPanel("applies_from"),
    ]
    readers = [_field("audience"), _field("body", widget=audience)]
    place = [_field("slug"), _field("at_foot")]
    return TabbedInterface(
        [
            ObjectList(
                [
                    MultiFieldPanel(head, heading=gettext_lazy("About this page")),
                    MultiFieldPanel(readers, heading=gettext_lazy("Who may read it")),
                    _field("parts"),
                    MultiFieldPanel(place, heading=gettext_lazy("Advanced"), classname="collapsed"),
                    MomentPanel(),
                ],
                heading=gettext_lazy("Page"),
            )
        ],
        base_form_class=PageForm,
    )
