"""What jobs are called that act on their own: history names them as it names people."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

_names: dict[str, str | Promise] = {
    "import": _("import"),
    "export": _("export"),
    "integrity": _("integrity check"),
    "sample": _("sample data"),
}


def name_jobs(names: Mapping[str, str | Promise]) -> None:
    """Say what jobs are called that act under these names."""
    _names.update(names)


def job_label(name: str) -> str:
    """Return what a job is called, by the name under which it acts: itself, where nobody says."""
    return str(_names.get(name, name))


def job_name(name: str) -> str:
    """Return what a job is called among people."""
    return gettext("Job: %(name)s") % {"name": job_label(name)}
