"""An overview of somebody's worklist: how much of what is how urgent, without saying what it is.

It goes by e-mail once a day to whoever wants it, and stands behind the bell of the workspace.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import reduce
from operator import or_
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from base.accounts.mails import post, register
from base.models import MailChoice, QueuedOverview
from base.models.mail_choice import choice_of
from base.workspace.registry import Text
from base.workspace.worklist import URGENCIES, Worklist, shown_count

OVERVIEW = "overview"
"""The kind of e-mail; what is posted of it names a person and a day."""
BERLIN = ZoneInfo("Europe/Berlin")
FROM = time(7)
"""Overviews go out in the first hour of work, in Berlin."""
KEPT = timedelta(days=30)
"""How long it can be seen for whom an overview was queued."""
AT_ONCE = ("overdue", "today")
"""What "overdue or due" means."""


_at_work: list[Callable[[date], Q]] = []
_away: list[Callable[[date], Q]] = []


def register_at_work(who: Callable[[date], Q]) -> None:
    """Say who works on a day, as a condition for users: holidays are for a later app."""
    _at_work[:] = [who]


def register_away(who: Callable[[date], Q]) -> None:
    """Say for whom somebody stands in on a day, as a condition for users: a later app knows."""
    _away[:] = [who]


def _resting(day: date) -> QuerySet:
    """Return the users who are away on a day, and have not chosen to be told all the same."""
    told = MailChoice.objects.filter(while_away=True).values("owner")
    away = reduce(or_, (who(day) for who in _away), Q(pk__in=()))
    return get_user_model().objects.filter(away).exclude(pk__in=told)


@dataclass(frozen=True)
class Line:
    """How much of an urgency waits, and of which kinds."""

    urgency: str
    label: Text
    count: str
    kinds: list[tuple[Text, str]]


def overview_of(user, today: date | None = None) -> list[Line]:
    """Return what waits for somebody, the most urgent first."""
    worklist = Worklist(user, today)
    found: dict[str, Counter] = {urgency: Counter() for urgency in URGENCIES}
    more: dict[str, set[Text]] = {urgency: set() for urgency in ("", *URGENCIES)}
    for work in worklist.works:
        items, ends_at = worklist.counted(work)
        for item in items:
            found[item.urgency][work.label] += 1
        more[ends_at].add(work.label)
    return [
        Line(
            urgency,
            URGENCIES[urgency],
            shown_count(kinds.total(), more=bool(more[urgency])),
            [
                (label, shown_count(count, more=label in more[urgency]))
                for label, count in kinds.items()
            ],
        )
        for urgency, kinds in found.items()
        if kinds
    ]


def queue_overviews(now: datetime | None = None) -> int:
    """Queue today's overviews, from the first hour of work on; return how many.

    For who works today and is not away, once for each person and day, or week, however often it is
    asked and whoever dies meanwhile. Whether something waits is found out when an e-mail is sent.
    What was queued long ago is forgotten.
    """
    now = (now or timezone.now()).astimezone(BERLIN)
    if now.time() < FROM:
        return 0
    day = now.date()
    QueuedOverview.objects.filter(day__lt=day - KEPT).delete()
    wish, told = MailChoice.objects.values("owner"), QueuedOverview.objects.values("owner")
    this_week = told.filter(day__gte=_monday(day))
    people = (
        get_user_model()
        .objects.filter(*(who(day) for who in _at_work), is_active=True)
        .exclude(email="")
        .exclude(pk__in=_resting(day).values("pk"))
        .exclude(pk__in=wish.filter(overview=MailChoice.Overview.NEVER))
        .exclude(pk__in=told.filter(day=day))
        .exclude(Q(pk__in=wish.filter(overview=MailChoice.Overview.WEEKLY)) & Q(pk__in=this_week))
    )
    queued = 0
    for pk in people.order_by("pk").values_list("pk", flat=True).iterator():
        with transaction.atomic():
            _row, is_first = QueuedOverview.objects.get_or_create(owner_id=pk, day=day)
            if is_first:
                post(OVERVIEW, {"person": pk, "day": day.isoformat()})
                queued += 1
    return queued


def compose(posted: dict) -> list[EmailMessage]:
    """Return the overview as an e-mail; nothing where it is too late, unwanted, or nothing waits.

    A mail server that was down for days is not flooded: of each person's overviews the last goes.
    What nobody heard of is not queued for its day any more: one a week goes on another day of it.
    """
    today = timezone.localdate(timezone=BERLIN)
    queued = QueuedOverview.objects.filter(owner=posted["person"])
    if posted["day"] != today.isoformat():
        queued.filter(day=posted["day"]).delete()
        return []
    user = get_user_model().objects.filter(pk=posted["person"], is_active=True).first()
    if user is None or not user.email or _resting(today).filter(pk=user.pk).exists():
        return []
    wanted = choice_of(user).overview
    before = queued.filter(day__gte=_monday(today), day__lt=today)
    if wanted == MailChoice.Overview.WEEKLY and before.exists():
        return []
    with translation.override(settings.LANGUAGE_CODE):
        lines = overview_of(user, today)
        pressing = any(line.urgency in AT_ONCE for line in lines)
        if not lines or wanted == MailChoice.Overview.NEVER:
            return []
        if wanted == MailChoice.Overview.DUE and not pressing:
            return []
        site = settings.WAGTAILADMIN_BASE_URL.rstrip("/")
        given = {
            "lines": lines,
            "user": user,
            "url": site + reverse("worklist"),
            "choice_url": site + reverse("mail-choice"),
        }
        subject = " ".join(render_to_string("base/overview/subject.txt", given).split())
        text = render_to_string("base/overview/message.txt", given)
    return [EmailMessage(subject, text.strip() + "\n", None, [user.email])]


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


register(OVERVIEW, compose, never_twice=True)
