"""What the content API publishes of forms: their questions, for who has a token for them."""

from base.api.endpoints import EditionsEndpoint
from base.api.router import router
from forms.models import FormEdition


@router.register
class FormEndpoint(EditionsEndpoint):
    """Form definitions."""

    model = FormEdition
    slug = "forms"
    label = "Forms"
    scope = "forms"
    permission = "forms.view_formedition"

    def published(self):
        return super().published().visible_to(self.request.user)
