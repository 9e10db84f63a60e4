"""People and jobs in files: named by their user name."""

from collections.abc import Iterable

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from base.acting import system_actor
from base.exchange.kinds import Located, Refusals

JOB = "job:"


def person(username: str):
    """Return the user of that name; a job's is made. Raises ValidationError if there is none."""
    if username.startswith(JOB):
        return system_actor(username.removeprefix(JOB))
    user = get_user_model().objects.filter(username=username).first()
    if user is None:
        raise ValidationError(_("There is no user %(name)s."), params={"name": username})
    return user


def people_by_name(named: Iterable[tuple[Located, str]]) -> dict[str, object]:
    """Return the users that entries name. Raises EntryErrors for names nobody has."""
    first: dict[str, Located] = {}
    for located, username in named:
        if username:
            first.setdefault(username, located)
    found, refusals = {}, Refusals()
    for username, located in first.items():
        with refusals.noted(located):
            found[username] = person(username)
    refusals.raise_any()
    return found
