from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JobsConfig(AppConfig):
    """Statements, reports and the jobs that make them."""

    name = "jobs"
    verbose_name = _("Statements and reports")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from base.job_names import name_jobs
        from jobs import exchange, integrity  # noqa: F401  register results and checks of seals
        from jobs.registry import jobs

        name_jobs({name: job.label for name, job in jobs().items()})
