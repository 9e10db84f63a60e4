from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CmsConfig(AppConfig):
    """Catalogues and service descriptions: drafts, editions; pages for everybody and for staff."""

    name = "cms"
    verbose_name = _("Catalogues and service descriptions")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from cms import exchange  # noqa: F401  registers what files may hold
        from cms.actions import follow_description
        from cms.page_rights import in_charge

        follow_description.watch()
        in_charge()
