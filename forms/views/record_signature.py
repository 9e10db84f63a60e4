"""The client's signature under a service record: how it is given, and what is shown of it."""

from dataclasses import dataclass

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.workspace.fields import DayField
from base.workspace.registry import WaitingEntry
from contracts.reach import reach_of
from forms.actions.sign_record import sign_record
from forms.booking import described
from forms.models import RecordSignature, ServiceRecord
from forms.models.record_signature import DRAWING
from forms.overview import overview_of
from forms.signatures import (
    asks_for_signature,
    signature_of,
    signatures_before,
    to_sign,
    without_signature,
)
from forms.strokes import (
    HEIGHT,
    MOST_POINTS,
    MOST_STROKES,
    WIDTH,
    path_of,
)
from forms.views.fields import StrokesField
from forms.views.record_changes import CHANGE, RecordAction, changeable
from forms.views.shared import names_known_to, own_member_keys, today

UNSIGNED = gettext_lazy("Signature missing")
NO_SIGNATURE = gettext_lazy("No signature possible")
PAD = {
    "pad_width": WIDTH,
    "pad_height": HEIGHT,
    "most_points": MOST_POINTS,
    "most_strokes": MOST_STROKES,
}
"""What the field to sign in is told of its limits."""


class SignatureForm(forms.Form):
    """A signature: drawn, or on a paper of which is said where it lies."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    strokes = StrokesField()
    paper = forms.CharField(
        label=gettext_lazy("Signed on paper instead: where the paper lies"),
        help_text=RecordSignature._meta.get_field("paper").help_text,
        max_length=300,
        required=False,
    )
    signed_on = DayField(
        label=gettext_lazy("Paper signed on"),
        required=False,
        help_text=gettext_lazy("Empty: today."),
    )
    confirmed = forms.BooleanField(
        label=gettext_lazy("The client signed personally; this cannot be changed afterwards"),
        error_messages={"required": gettext_lazy("Please confirm who has signed.")},
    )

    def clean(self):
        """One of both, and a day for a paper alone: what is drawn is signed now."""
        data = super().clean()
        if (
            "strokes" in data
            and "paper" in data
            and (data["strokes"] is None) != bool(data["paper"])
        ):
            raise ValidationError(
                _("Please sign in the field, or say where the signed paper lies: one of both.")
            )
        return data


class AwaitsSignature(RecordAction):
    """Something done with a record for as long as its client has to sign it."""

    def get_queryset(self):
        return to_sign(super().get_queryset())

    def get(self, request, *args, **kwargs):
        if signature_of(self.target):
            return HttpResponseRedirect(self.target.get_absolute_url())
        return super().get(request, *args, **kwargs)


class SignRecord(AwaitsSignature):
    """Let the client sign a record as it stands here."""

    form_class = SignatureForm
    title = gettext_lazy("Sign the record")
    button = gettext_lazy("Save the signature")
    template_name = "forms/record_sign.html"

    def get_context_data(self, **kwargs):
        return super().get_context_data(**PAD, **kwargs)

    def act(self, form):
        data = form.cleaned_data
        return sign_record(
            self.target,
            version=data["version"],
            strokes=data["strokes"],
            paper=data["paper"],
            signed_on=data["signed_on"] if data["paper"] else None,
            by=self.request.user,
        )

    def done(self, result):
        return _("The signature is saved.")


class NoSignatureForm(forms.Form):
    """Why no signature can be had."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    why = forms.ChoiceField(
        label=gettext_lazy("Why there is none"),
        choices=RecordSignature.Why.choices,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("Stays with your organisation."),
    )


class NoteNoSignature(AwaitsSignature):
    """Note that nobody will sign a record as it stands here: nobody waits for it any more."""

    form_class = NoSignatureForm
    title = NO_SIGNATURE
    button = gettext_lazy("Note it")
    warning = gettext_lazy(
        "The record then waits for no signature. This cannot be changed afterwards; only once day,"
        " kind, module or time are corrected can the record be signed."
    )

    def act(self, form):
        data = form.cleaned_data
        return sign_record(
            self.target, version=data["version"], why=data["why"], by=self.request.user
        )

    def done(self, result):
        return _("It is noted that there is no signature.")


@dataclass(frozen=True)
class Signed:
    """A signature, and what a person sees of how it was given: the provider alone sees more."""

    row: RecordSignature
    path: str = ""
    paper: str = ""
    why: str = ""
    width: int = WIDTH
    height: int = HEIGHT


@dataclass(frozen=True)
class Shown:
    """What a person sees of the signatures under a record and its earlier versions."""

    current: Signed | None
    missing: bool
    earlier: list[Signed]
    withdrawn: bool = False


def shown_of(record: ServiceRecord, user) -> Shown | None:
    """Return what the person sees of it; None where nothing is asked for and nothing was signed.

    The drawing, where a paper lies and why there is none are for those who may see them.
    """
    current, earlier = signature_of(record), signatures_before(record)
    counts = record.status == ServiceRecord.Status.SUBMITTED
    missing = current is None and counts and asks_for_signature(record.contract_id, record.day)
    if not (current or missing or earlier):
        return None
    sees = user.has_perm(DRAWING, record)
    return Shown(
        current=_signed(current, sees) if current else None,
        missing=missing,
        earlier=[_signed(row, sees) for row in earlier],
        withdrawn=not counts,
    )


def _signed(row: RecordSignature, sees: bool) -> Signed:
    if not sees:
        return Signed(row)
    path = path_of(row.strokes) if row.strokes else ""
    return Signed(row, path=path, paper=row.paper, why=row.get_why_display())


def unsigned_records(user):
    """Return the person's own records of days before today that lack a signature, oldest first."""
    reach = reach_of(user, CHANGE)
    own = changeable(user).filter(counsellor__in=own_member_keys(user), day__lt=today())
    rows = without_signature(own, providers=reach.providers)
    return rows.select_related("case").order_by("day", "pk")


def unsigned_entries(rows, user) -> list[WaitingEntry]:
    """Return records without a signature as lines that say in which case, and what was done."""
    where = overview_of([row.case for row in rows], today(), names=names_known_to(user))
    return [
        WaitingEntry(
            title=" · ".join(filter(None, [row.case.number, where[row.case_id].client])),
            url=reverse("record-sign", args=[row.pk]),
            note=row.kind_label,
            day=row.day,
        )
        for row in described(list(rows))
    ]
