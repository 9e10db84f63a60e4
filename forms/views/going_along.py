"""Asking whether planned appointments go along when a case gets somebody else."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts.models import Member
from contracts.reach import memberships_of
from forms.conflicts import Conflict
from forms.going_along import GoingAlong, conflicts_along, going_along
from forms.handing_over import Seat
from forms.models import Appointment, Responsible
from forms.views.case_action import CaseAction


class AlongForm(forms.Form):
    """Whether planned appointments go along."""

    appointments = forms.BooleanField(
        label=gettext_lazy("Hand planned appointments over as well"),
        required=False,
        initial=True,
        help_text=gettext_lazy(
            "From the first day on, those in which whoever has the case until then takes part."
        ),
    )


class AsksAboutAppointments(CaseAction, ABC):
    """A form by which a case gets somebody else; it shows first which appointments go along."""

    @abstractmethod
    def seat_of(self, form) -> tuple[type[Responsible], Seat]:
        """Return the side, and who looks after the case there from `valid_from` on."""

    def require_confirmed(self, form):
        super().require_confirmed(form)
        data = form.cleaned_data
        if not data["appointments"]:
            return
        side, seat = self.seat_of(form)
        shares = [(seat, [self.target.pk])]
        going = going_along(side, shares, data["valid_from"], timezone.now())
        if not going:
            return
        shown = self.seen_of(going)
        # What people of another house have besides is for that house to see.
        conflicts = conflicts_along(going) if self.works_with(seat.member) else []
        self.ask(
            [seat.key, told_of(going, conflicts)],
            "forms/confirm_going_along.html",
            going=len(going),
            shown=shown,
            hidden=len(going) - len(shown),
            to=seat.member,
            conflicts=conflicts,
        )

    def seen_of(self, going: Sequence[GoingAlong]) -> list[GoingAlong]:
        """Return those that are in calendars the person sees: the other side's are none of them."""
        keys = [each.row.appointment_id for each in going]
        rows = Appointment.objects.visible_to(self.request.user).filter(pk__in=keys)
        seen = set(rows.order_by().values_list("pk", flat=True))
        return [each for each in going if each.row.appointment_id in seen]

    def works_with(self, member: Member) -> bool:
        """Whether the person works where a member does."""
        return any(
            each.organisation == member.organisation_id
            for each in memberships_of(self.request.user)
        )

    def get_context_data(self, **kwargs):
        asks = {"button": _("Hand over")} if kwargs.get("confirmation") else {}
        return super().get_context_data(**kwargs) | asks


def told_of(going: Iterable[GoingAlong], conflicts: Iterable[Conflict]) -> list:
    """Return what people are told of it, in plain values."""
    return [
        [[each.row.pk, each.to.pk, *each.span] for each in going],
        [[each.member.pk, each.begins, each.ends] for each in conflicts],
    ]
