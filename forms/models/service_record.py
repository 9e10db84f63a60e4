"""Service records: what was done for a case on a day, the ground of hours and money."""

from fractions import Fraction

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from base.facts import Fact
from base.marking import Marks
from base.repeating import Repeats
from base.retention import KeptWith
from contracts.models import Contract, Member
from contracts.reach import ProviderScopedQuerySet
from forms.models.case import Case
from forms.models.group_session import Attending, GroupSession
from forms.models.record_reason import RecordReason, put_notes_under_a_reason
from forms.models.rules.records import RecordRules
from forms.models.rules.sessions import SHARED, settle
from forms.ways import Channel, Location

MINUTES_PER_HOUR = 60


def effort_hours(minutes: int, counsellors: int, participants: int) -> Fraction:
    """Return one participant's part of the staff's time in hours, as an exact fraction (D13)."""
    return Fraction(minutes * counsellors, participants * MINUTES_PER_HOUR)


class ServiceRecordQuerySet(ProviderScopedQuerySet):
    """Service records, by the contract's provider."""

    provider_path = "contract__provider"

    def counting(self):
        """Return records that were not withdrawn."""
        return self.filter(status=Fact.Status.SUBMITTED)


class ServiceRecord(Fact):
    """One case's part in individual work, a group session, or the completion of a stage.

    A group session is a row of its own that the records of its attendees hang on; `session` is
    what it is called. Each repeats what the session was, as its own version knew it: its share is
    an exact fraction (C5, D13) of what statements name. The database holds records that count to
    what the session is (D44).
    """

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="service_records")
    case = models.ForeignKey(Case, models.PROTECT, related_name="service_records")
    day = models.DateField(_("day"))
    kind = models.CharField(_("kind of work"), max_length=60)
    module = models.CharField(_("module"), max_length=60, blank=True)
    stage = models.CharField(_("service complex"), max_length=60, blank=True)
    minutes = models.PositiveIntegerField(_("minutes"))
    participants = models.PositiveSmallIntegerField(_("participants"), default=1)
    counsellors = models.PositiveSmallIntegerField(_("counsellors"), default=1)
    session = models.CharField(_("group session"), max_length=80, blank=True)
    attends = Attending(
        GroupSession,
        models.PROTECT,
        to_field="token",
        related_name="attendances",
        null=True,
        blank=True,
        editable=False,
    )
    counsellor = models.ForeignKey(Member, models.PROTECT, related_name="+", null=True, blank=True)
    topic = models.CharField(
        _("kind of help"),
        max_length=60,
        blank=True,
        default="",
        db_default="",
        help_text=_("One that a service description of the contract names. The provider's alone."),
    )
    channel = models.CharField(
        _("how"), max_length=20, choices=Channel, blank=True, default="", db_default=""
    )
    location = models.CharField(
        _("place"),
        max_length=20,
        choices=Location,
        blank=True,
        default="",
        db_default="",
        help_text=_("Where people met in person."),
    )
    begins = models.TimeField(_("from"), null=True, blank=True)
    ends = models.TimeField(_("until"), null=True, blank=True)
    confirmed = models.BooleanField(
        _("confirmed as another"),
        default=False,
        help_text=_("A like record was there already; somebody said that this is no repeat."),
    )

    chosen_reason = models.ForeignKey(
        RecordReason,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("reason"),
        help_text=_("Why outside the plan, or why this version was made. `reason` adds a note."),
    )

    objects = ServiceRecordQuerySet.as_manager()
    retention = KeptWith("case")
    # A share in cents follows from the place among all who attended a session of the provider.
    marks = Marks(
        "contracts.ChangeMark",
        contract="contract",
        first="day",
        last="day",
        beside=("session", "contract__provider"),
    )
    answers = ("confirmed",)
    untracked_fields = ("attends",)  # follows from the session: which of its versions is the newest
    repeats = Repeats(
        "attends",
        where={"status": (Fact.Status.SUBMITTED.value,)},
        status="status",
        session="key",
        contract__provider="provider",
        **{name: name for name in SHARED},
    )
    explaining = ("chosen_reason",)
    signed_fields = ("case_id", "day", "kind", "module", "stage", "minutes", "begins", "ends")
    """What a client reads and signs."""

    class Meta:
        verbose_name = _("service record")
        verbose_name_plural = _("service records")
        ordering = ["day", "reference"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "reference"], name="service_record_reference"
            ),
            models.UniqueConstraint(
                fields=["case", "stage"],
                name="service_complex_once",
                condition=models.Q(status="submitted") & ~models.Q(stage=""),
                violation_error_message=_(
                    "This service complex is already completed for the case."
                ),
            ),
            models.CheckConstraint(
                name="service_record_counts",
                condition=models.Q(participants__gte=1, counsellors__gte=1, minutes__lte=1440),
            ),
            models.CheckConstraint(
                name="service_record_hangs_on_its_session",
                condition=models.Q(session="")
                | ~models.Q(status="submitted")
                | models.Q(attends__isnull=False),
            ),
            models.CheckConstraint(
                name="service_record_begins_before_it_ends",
                condition=models.Q(begins=None, ends=None) | models.Q(begins__lt=models.F("ends")),
                violation_error_message=_("This ends before it begins."),
            ),
            models.CheckConstraint(
                name="service_record_place_of_a_meeting",
                condition=models.Q(location="") | models.Q(channel=Channel.IN_PERSON),
            ),
        ]
        indexes = [
            models.Index(fields=["contract", "day"], name="service_record_by_day"),
            models.Index(fields=["case", "day"], name="service_record_by_case"),
            models.Index(fields=["counsellor", "day"], name="service_record_by_person"),
            models.Index(fields=["day", "id"], name="service_record_by_date"),
            models.Index(fields=["minutes", "id"], name="service_record_by_minutes"),
            # What was worked in cases, added up without reading the records themselves.
            models.Index(
                fields=["case", "contract", "module", "minutes"],
                name="service_record_work",
                condition=models.Q(status="submitted"),
            ),
            models.Index(
                fields=["session"],
                name="service_record_by_session",
                condition=~models.Q(session=""),
            ),
        ]

    def get_absolute_url(self) -> str:
        """Return the address of the record's page."""
        return reverse("record", args=[self.pk])

    @property
    def effort_hours(self) -> Fraction:
        """The case's part of the staff's time in hours, as an exact fraction (C5, D13)."""
        return effort_hours(self.minutes, self.counsellors, self.participants)

    @classmethod
    def rules(cls, facts):
        """Refuse records that contradict their case, their contract or its catalogue.

        A note without a reason to it is put under the one for notes.
        """
        put_notes_under_a_reason(facts)
        return RecordRules(facts, stored=cls.objects)

    @classmethod
    def settle(cls, facts):
        """Make sessions what their records say; name records that disagree on it."""
        return settle(facts, stored=cls.objects)

    def carry_on(self, before):
        """Keep the client's signature, or the note that there is none, where nothing that is signed
        has changed: another kind of help, or one who did not attend with others after all.
        """
        if any(getattr(self, name) != getattr(before, name) for name in self.signed_fields):
            return
        counts = self.status == Fact.Status.SUBMITTED
        if counts and (given := self.signatures.filter(version=before.version).first()):
            given.pk, given.version = None, self.version
            given._state.adding = True
            given.full_clean()
            given.save()
