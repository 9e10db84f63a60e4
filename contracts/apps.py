from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ContractsConfig(AppConfig):
    """Organisations, contracts and the facts about them; the arithmetic of remuneration."""

    name = "contracts"
    verbose_name = _("Contracts")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from contracts import exchange  # noqa: F401  registers what files may hold
