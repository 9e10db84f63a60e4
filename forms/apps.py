from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FormsConfig(AppConfig):
    """Cases, service records and forms: the daily work."""

    name = "forms"
    verbose_name = _("Cases and forms")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from forms import exchange  # noqa: F401  registers what files may hold
