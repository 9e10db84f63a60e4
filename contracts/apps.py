from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ContractsConfig(AppConfig):
    """Organisations, contracts and the facts about them; the arithmetic of remuneration."""

    name = "contracts"
    verbose_name = _("Contracts")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from contracts import exchange, integrity  # noqa: F401  what files may hold, and checks
        from contracts.access import watch

        watch()
