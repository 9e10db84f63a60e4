"""Deadlines of a case: what a service standard asks for, until when, of whom, and what met it.

Events make them and events meet them (`forms.actions.follow_deadlines`); people agree on a day,
extend, and say what no event says (`forms.actions.change_deadline`). What a person decided stays
whatever happens afterwards; all else follows what is known of the case now.
"""

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from base.history import Tracked
from base.reasons import ShortReasonField
from base.retention import KeptWith
from cms.models.description import EditionStandard
from contracts.reach import reach_of
from forms.models.case import Case, CaseRowQuerySet

CHANGE = "forms.change_deadline"


class DeadlineQuerySet(CaseRowQuerySet):
    """Deadlines, by the provider of the case's contract."""

    def open(self):
        """Return what is still to be done."""
        return self.filter(state=Deadline.State.OPEN)

    def extended(self):
        """Return open ones for which somebody agreed on a day, or extended to one."""
        return self.open().filter(extended_to__isnull=False)

    def awaiting_receipt(self):
        """Return those that count from the receipt of a document, where its day can be entered.

        It can be corrected once an event met them: then the event may come before it.
        """
        met = Q(state=Deadline.State.DONE, ending__in=Deadline.MET)
        counted = self.filter(starts=Deadline.Event.DOCUMENT_RECEIVED)
        return counted.filter(Q(state=Deadline.State.OPEN) | met)

    def changeable_by(self, user):
        """Return deadlines a person may decide on.

        The commissioning side all of its cases', a provider what it has to do itself.
        """
        reach = reach_of(user, CHANGE)
        if reach.everything:
            return self
        providers = Q(case__contract__provider__in=reach.providers, side=Deadline.Side.PROVIDER)
        return self.filter(Q(case__contract__commissioning_body__in=reach.bodies) | providers)


class Deadline(Tracked):
    """One service standard in one case.

    `ruled_on` is the day to which the rule of the standard leads, `extended_to` the one that
    somebody agreed on or extended to, `due_on` the one that counts; None where it waits for its
    event's day, or for being agreed on. `target_on` is the internal target before it,
    `lead_on` the last day on which it does not concern the lead yet.
    """

    class State(models.TextChoices):
        OPEN = "open", _("open")
        DONE = "done", _("done")
        DROPPED = "dropped", _("dropped")

    class Side(models.TextChoices):
        BODY = "body", _("commissioning body")
        PROVIDER = "provider", _("provider")

    class Event(models.TextChoices):
        """What it counts from."""

        ASSIGNMENT = "assignment", _("assignment")
        FIRST_TALK = "first_talk", _("first talk")
        ADMISSION = "admission", _("admission")
        FORM = "form", _("form handed in")
        CASE_END = "case_end", _("end of the case")
        DOCUMENT_RECEIVED = "document_received", _("document received")

    class Ending(models.TextChoices):
        """What ended it."""

        RECORD = "record", _("service record")
        FORM = "form", _("filled form")
        CASE_END = "case_end", _("end of the case")
        VOID = "void", _("its event does not count any more")
        PERSON = "person", _("somebody's decision")

    MET = (Ending.RECORD, Ending.FORM)
    """What meets one by itself, and does not where another day turns out to be right."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="deadlines", verbose_name=_("case"))
    standard = models.ForeignKey(
        EditionStandard, models.PROTECT, related_name="+", verbose_name=_("service standard")
    )
    side = models.CharField(_("who has to do it"), max_length=10, choices=Side)
    starts = models.CharField(_("event"), max_length=20, choices=Event)
    started_on = models.DateField(_("counted from"), null=True, blank=True)
    ruled_on = models.DateField(_("by the rule"), null=True, blank=True)
    target_on = models.DateField(_("internal target"), null=True, blank=True)
    lead_on = models.DateField(_("the lead is told after"), null=True, blank=True)
    extended_to = models.DateField(_("agreed or extended to"), null=True, blank=True)
    due_on = models.DateField(_("due on"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    ending = models.CharField(_("ended by"), max_length=10, choices=Ending, blank=True)
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    form = models.CharField(_("form that met it"), max_length=80, blank=True)
    reason = ShortReasonField(
        _("reason"), max_length=500, blank=True, help_text=_("Of the last decision about it.")
    )

    objects = DeadlineQuerySet.as_manager()
    retention = KeptWith("case")

    class Meta:
        verbose_name = _("deadline")
        verbose_name_plural = _("deadlines")
        ordering = [F("due_on").asc(nulls_last=True), "case", "standard"]
        constraints = [
            models.UniqueConstraint(fields=["case", "standard"], name="deadline_once_per_case"),
            models.CheckConstraint(
                name="deadline_is_open_or_ended_by_something",
                condition=Q(state="open", ending="", ended_on=None)
                | ~Q(state="open") & ~Q(ending=""),
            ),
        ]
        indexes = [
            models.Index(fields=["state", "due_on"], name="deadline_by_day"),
            # How those of a time ended, counted without reading them themselves.
            models.Index(
                fields=["due_on", "standard", "state", "ended_on", "case"],
                name="deadline_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.standard.label} ({self.case.number})"

    def get_absolute_url(self) -> str:
        """Return where it stands on the page of its case."""
        return f"{reverse('case', args=[self.case_id])}?tab=deadlines"

    @property
    def is_extended(self) -> bool:
        """Whether it counts until later than its rule says."""
        return self.ruled_on is not None and self.due_on != self.ruled_on

    @property
    def is_decided(self) -> bool:
        """Whether a person ended it: then no event reopens it."""
        return self.ending == self.Ending.PERSON

    @property
    def was_late(self) -> bool:
        """Whether it was met after the day it was due."""
        return (
            self.state == self.State.DONE
            and None not in (self.due_on, self.ended_on)
            and self.ended_on > self.due_on
        )

    def settle_due(self) -> None:
        """Take the later of rule and decision as the day that counts."""
        days = [day for day in (self.ruled_on, self.extended_to) if day is not None]
        self.due_on = max(days, default=None)

    def end(self, state: str, ending: str, on: date | None, form: str = "") -> None:
        """Say that it is done or dropped, and what ended it."""
        self.state, self.ending, self.ended_on, self.form = state, ending, on, form

    def reopen(self) -> None:
        """Say that it is to be done, whatever was said before."""
        self.end(self.State.OPEN, "", None)
