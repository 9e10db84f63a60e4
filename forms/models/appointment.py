"""Appointments: when people of an organisation meet, with whom, and where.

Each appointment of a series is a row of its own, which can differ from the others: what makes it
one of them is `series`, with the day on which the series has it.
"""

from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from base.formats import moment
from base.history import Tracked
from base.noting import Notes
from base.reasons import ShortReasonField
from base.retention import SOCIAL_DATA, KeptWith, Retention
from base.scoping import by_row
from contracts.models import Member, Organisation
from forms.models.appointment_series import REFERENCE, AppointmentSeries, new_reference
from forms.models.case import Case
from forms.models.resource import OwnCalendarQuerySet, Resource
from forms.models.service_record import ServiceRecord

OWED = ("planned", "held")
"""Statuses of appointments of which something is to be recorded."""


class AppointmentQuerySet(OwnCalendarQuerySet):
    """Appointments of one's own organisation, and those in which its people take part."""

    needed = "forms.view_appointment"
    appointment = "pk"
    """What holds the key of the appointment."""

    @classmethod
    def of_organisations(cls, keys) -> Q:
        """Return the condition for rows of calendars of, or with people of, these."""
        taking_part = AppointmentMember._base_manager.filter(
            appointment=OuterRef(cls.appointment), member__organisation__in=sorted(keys)
        )
        return super().of_organisations(keys) | Q(Exists(taking_part))

    def owned_by(self, reach) -> "AppointmentQuerySet":
        """Return the rows in calendars of these organisations: only they change them."""
        if reach.everything and not reach.bodies:
            return self
        own = sorted(reach.bodies | reach.providers)
        return self.filter(**{f"{self.provider_path}__in": own})

    def history_visible_to(self, history, user, *permissions):
        """Return all versions of the rows visible now: who takes part stands in other rows."""
        return by_row(self, history, user, *permissions)

    def between(self, begins: datetime, ends: datetime):
        """Return what is at some time between two moments."""
        day_before = begins - timedelta(days=1)  # none lasts longer: an index finds them
        return self.filter(begins__gt=day_before, begins__lt=ends, ends__gt=begins)

    def standing(self):
        """Return appointments that take place, or did."""
        return self.exclude(status=Appointment.Status.CANCELLED)

    def changeable(self):
        """Return what can still be moved or cancelled: planned, and never recorded.

        A record that was withdrawn says of a day and time as well.
        """
        return self.filter(recorded=False, status=Appointment.Status.PLANNED)

    def changeable_keys(self, rows) -> set[int]:
        """Return the keys of those of these rows that can still be moved or cancelled."""
        keys = [row.pk for row in rows]
        return set(self.filter(pk__in=keys).changeable().order_by().values_list("pk", flat=True))

    def without_record(self, now: datetime):
        """Return the providers' appointments with a client that are over and were never recorded.

        Nothing is owed for those that were cancelled, to which the client did not come, or whose
        record was withdrawn.
        """
        return self.filter(
            recorded=False,
            status__in=OWED,
            begins__lt=now,  # follows from its end; by this an index finds them
            ends__lte=now,
            case__contract__provider=F("organisation"),
        )


class Appointment(Tracked):
    """Something planned in an organisation's calendar, with or without a case.

    `reference` is that of the service record that is made of it: there is one as soon as it is
    recorded. `recorded` says whether there is one, whatever became of it; the database keeps it.
    `note` and `reason` stay with the organisation whose calendar it is in.
    """

    class Status(models.TextChoices):
        PLANNED = "planned", _("planned")
        HELD = "held", _("took place")
        CANCELLED = "cancelled", _("cancelled")
        NO_SHOW = "no_show", _("client did not come")

    class Kind(models.TextChoices):
        TALK = "talk", _("Talk")
        THREE_PARTY = "three_party", _("Talk of three")
        GROUP = "group", _("Group")
        ERRAND = "errand", _("Errand, accompaniment")
        TEAM = "team", _("Team meeting")
        TRAINING = "training", _("Training")
        OTHER = "other", _("Other appointment")

    class Channel(models.TextChoices):
        IN_PERSON = "in_person", _("in person")
        PHONE = "phone", _("by telephone")
        VIDEO = "video", _("by video")

    class Location(models.TextChoices):
        OFFICE = "office", _("in our rooms")
        HOME = "home", _("at the client's home")
        BODY = "body", _("at the Jobcenter")
        ELSEWHERE = "elsewhere", _("elsewhere")

    reference = models.CharField(
        _("reference"), max_length=14, unique=True, default=new_reference, validators=[REFERENCE]
    )
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name=_("organisation")
    )
    case = models.ForeignKey(
        Case,
        models.PROTECT,
        related_name="appointments",
        null=True,
        blank=True,
        verbose_name=_("case"),
    )
    begins = models.DateTimeField(_("from"))
    ends = models.DateTimeField(_("until"))
    kind = models.CharField(_("kind"), max_length=20, choices=Kind, default=Kind.TALK)
    work = models.CharField(
        _("kind of work"),
        max_length=60,
        blank=True,
        help_text=_("Of the contract: what it will be recorded as."),
    )
    channel = models.CharField(_("how"), max_length=20, choices=Channel, default=Channel.IN_PERSON)
    location = models.CharField(
        _("place"), max_length=20, choices=Location, default=Location.OFFICE
    )
    address = models.CharField(
        _("where exactly"), max_length=200, blank=True, help_text=_("Address or room. No names.")
    )
    note = models.CharField(
        _("note"),
        max_length=500,
        blank=True,
        help_text=_("Stays with your organisation. No names."),
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PLANNED)
    reason = ShortReasonField(_("reason for cancelling"), max_length=500, blank=True)
    series = models.ForeignKey(
        AppointmentSeries,
        models.PROTECT,
        related_name="appointments",
        null=True,
        blank=True,
        verbose_name=_("series"),
    )
    occurrence = models.DateField(
        _("day in the series"),
        null=True,
        blank=True,
        help_text=_("On which day its series has it; it may have been moved."),
    )
    recorded = models.BooleanField(_("recorded"), default=False, db_default=False, editable=False)

    objects = AppointmentQuerySet.as_manager()
    retention = Retention(
        10, after="its case is closed, without one after its day", basis=SOCIAL_DATA
    )
    untracked_fields = ("recorded",)  # follows from service records
    notes = Notes(
        "recorded", "forms.ServiceRecord", reference="reference", contract="case__contract"
    )

    class Meta:
        verbose_name = _("appointment")
        verbose_name_plural = _("appointments")
        ordering = ["begins", "pk"]
        constraints = [
            models.CheckConstraint(
                name="appointment_begins_before_it_ends",
                condition=Q(begins__lt=F("ends")),
                violation_error_message=_("This ends before it begins."),
            ),
            models.CheckConstraint(
                name="appointment_cancelled_for_a_reason",
                condition=~Q(status="cancelled") | ~Q(reason=""),
                violation_error_message=_("Why is the appointment cancelled?"),
            ),
            models.CheckConstraint(
                name="appointment_of_a_series",
                condition=Q(series=None, occurrence=None)
                | Q(series__isnull=False, occurrence__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["series", "occurrence"], name="appointment_once_in_its_series"
            ),
        ]
        indexes = [
            models.Index(fields=["begins"], name="appointment_by_time"),
            models.Index(fields=["organisation", "begins"], name="appointment_by_organisation"),
            models.Index(fields=["case", "begins"], name="appointment_by_case"),
            models.Index(
                fields=["begins", "id"],
                name="appointment_without_record",
                condition=Q(recorded=False, status__in=OWED),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {moment(self.begins)}"

    def get_absolute_url(self) -> str:
        """Return the address of the appointment's page."""
        return reverse("appointment", args=[self.pk])

    @property
    def day(self) -> date:
        """The day it is on, in Berlin."""
        return timezone.localdate(self.begins)

    @property
    def in_person(self) -> bool:
        """Whether people meet; otherwise the place says nothing."""
        return self.channel == self.Channel.IN_PERSON

    @property
    def where(self) -> str:
        """Where people meet, or by what they talk, in two or three words."""
        return self.get_location_display() if self.in_person else self.get_channel_display()

    def counts_as_held(self) -> bool:
        """Whether a record of it counts, and so says that the client came.

        Others than `recorded`: what was withdrawn says nothing about that any more.
        """
        of_it = ServiceRecord.objects.counting().filter(reference=self.reference)
        return self.case is not None and of_it.filter(contract=self.case.contract_id).exists()

    @property
    def minutes(self) -> int:
        """How long it lasts."""
        return round((self.ends - self.begins).total_seconds() / 60)

    def clean(self):
        """Refuse what lasts over midnight, and a case that is not there on the day."""
        if not (self.begins and self.ends):
            return
        if self.begins < self.ends and timezone.localdate(self.ends) != self.day:
            raise ValidationError({"ends": _("An appointment ends on the day on which it begins.")})
        if self.case_id and self.organisation_id:
            self._require_case()

    def _require_case(self):
        contract = self.case.contract
        if self.organisation_id not in (contract.provider_id, contract.commissioning_body_id):
            told = _("%(organisation)s has nothing to do with case %(case)s.")
            params = {"organisation": self.organisation, "case": self.case}
            raise ValidationError({"case": ValidationError(told, params=params)})
        running = Case.objects.filter(pk=self.case_id).recordable_on(self.day)
        if self.status == self.Status.PLANNED and not running.exists():
            told = _("Case %(case)s is not running on %(day)s.")
            params = {"case": self.case, "day": self.day}
            raise ValidationError({"case": ValidationError(told, params=params)})


class AppointmentRowQuerySet(AppointmentQuerySet):
    """Who takes part and what is booked, visible with the appointment."""

    provider_path = "appointment__organisation"
    appointment = "appointment"


class AppointmentMember(Tracked):
    """Somebody takes part in an appointment."""

    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="participants")
    member = models.ForeignKey(
        Member, models.PROTECT, related_name="+", verbose_name=_("participant")
    )

    objects = AppointmentRowQuerySet.as_manager()
    retention = KeptWith("appointment")

    class Meta:
        verbose_name = _("participant")
        verbose_name_plural = _("participants")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["appointment", "member"], name="member_once_per_appointment"
            )
        ]

    def __str__(self) -> str:
        return str(self.member)

    def clean(self):
        """Refuse people who neither keep this calendar nor are the other side of its case."""
        appointment = self.appointment
        allowed = {appointment.organisation_id}
        if appointment.case_id:
            contract = appointment.case.contract
            allowed |= {contract.provider_id, contract.commissioning_body_id}
        if self.member.organisation_id not in allowed:
            raise ValidationError(
                _("%(member)s works for nobody whom this appointment is about."),
                params={"member": self.member},
            )


class AppointmentResource(Tracked):
    """A room or vehicle is booked for an appointment."""

    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="bookings")
    resource = models.ForeignKey(
        Resource, models.PROTECT, related_name="bookings", verbose_name=_("room or vehicle")
    )

    objects = AppointmentRowQuerySet.as_manager()
    retention = KeptWith("appointment")

    class Meta:
        verbose_name = _("booking")
        verbose_name_plural = _("bookings")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["appointment", "resource"], name="resource_once_per_appointment"
            )
        ]

    def __str__(self) -> str:
        return str(self.resource)

    def clean(self):
        """Refuse what others own, and what is booked for that time.

        Whoever books the same at this moment waits until this transaction ends, and is refused.
        """
        appointment = self.appointment
        if self.resource.organisation_id != appointment.organisation_id:
            raise ValidationError(
                _("%(resource)s belongs to another organisation."),
                params={"resource": self.resource},
            )
        if appointment.status == Appointment.Status.CANCELLED:
            return
        Resource.objects.filter(pk=self.resource_id).lock()
        others = Appointment.objects.standing().between(appointment.begins, appointment.ends)
        others = others.filter(bookings__resource=self.resource_id).exclude(pk=appointment.pk)
        if other := others.order_by("begins").first():
            raise ValidationError(
                _("%(resource)s is booked from %(begins)s to %(ends)s."),
                code="booked",
                params={
                    "resource": self.resource,
                    "begins": moment(other.begins),
                    "ends": moment(other.ends),
                },
            )
