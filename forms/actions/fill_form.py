"""Fill in a form: begin it, save it while typing, submit it, correct it, discard a draft.

Two people may write in one draft. A save names the saved state it started from; what the other
has written meanwhile into other fields is taken in, and where both wrote into one field the
second decides. Nothing is overwritten unseen, and nothing typed is lost.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from base import formats
from base.acting import acting_as, current_time
from base.content import Refusal, cleaned
from base.formats import moment
from base.refusals import refusal_text
from cms.models import DescriptionEdition
from contracts.annexes import in_force_on
from forms.actions.follow_deadlines import follow_deadlines
from forms.answers import read_answer, spelled
from forms.content import FormField
from forms.models import Case, ClientIdentity, FilledForm, FormAnswer, FormDefinition, FormEdition

SAVES_MOST = 100_000  # characters of one answer that a draft keeps; submitting allows fewer


@dataclass(frozen=True)
class Saved:
    """What a save did: the new saved state, and what others had written meanwhile."""

    form: FilledForm
    taken_in: Mapping[str, str]
    """Values of fields that others changed and this person had not touched."""


class EditConflict(Exception):
    """Somebody else has written into the same fields since. Nothing was saved."""

    def __init__(self, form: FilledForm, theirs: Mapping[str, str]):
        self.form, self.theirs = form, theirs
        super().__init__(str(self.message))

    @property
    def message(self) -> str:
        """Who saved when, for the person who came second."""
        return gettext("%(person)s saved this form on %(moment)s.") % {
            "person": self.form.saved_by,
            "moment": moment(timezone.localtime(self.form.saved_at)),
        }


def begin_form(
    *, case: Case, definition: FormDefinition, by, at: datetime | None = None
) -> FilledForm:
    """Begin a form for a case in the edition in force today; return the draft.

    What the case knows of the person is filled in. Raises ValidationError when the form has no
    edition in force.
    """
    at = at or current_time()
    day = timezone.localdate(at)
    edition = definition.editions.in_force_on(day).first()
    if edition is None:
        raise ValidationError(
            _("%(form)s has no edition in force on %(day)s."),
            params={"form": definition.title, "day": formats.day(day)},
        )
    with transaction.atomic(), acting_as(by):
        # The case is locked, so that two forms begun at once get two numbers.
        case = Case.objects.select_for_update(of=("self",)).get(pk=case.pk)
        last = case.filled_forms.aggregate(last=Max("sequence"))["last"] or 0
        form = FilledForm(
            case=case,
            edition=edition,
            sequence=last + 1,
            voluntary=is_voluntary(case, day),
            saved_by=by,
            saved_at=at,
        )
        form.full_clean()
        form.save()
        _write(form, _known_of(case, edition))
    return form


def is_voluntary(case: Case, day) -> bool:
    """Tell whether the service agreed for a case is voluntary on a day (D32)."""
    editions = (each.edition for each in in_force_on(case.contract, day))
    return any(
        isinstance(edition, DescriptionEdition) and edition.data.voluntary for edition in editions
    )


def save_form(
    form: FilledForm,
    values: Mapping[str, str],
    *,
    by,
    seen: int,
    over: int | None = None,
) -> Saved:
    """Save what was typed into a draft, as it is; `values` may leave fields out.

    `seen` is the saved state the person started from. Raises EditConflict when somebody else
    wrote into the same fields since, unless `over` says that the person saw that very state and
    decided to overwrite it. Raises ValidationError for fields the form does not have, and when
    it is no draft any more.
    """
    with transaction.atomic(), acting_as(by):
        form = _locked_draft(form)
        given = _given(form, values)
        taken_in: dict[str, str] = {}
        if seen != form.revision:
            given, taken_in = _merged(form, given, seen=seen, over=over)
        if changed := _changed(form.values(), given):
            form.revision += 1
            form.saved_by, form.saved_at = by, current_time()
            form.save()
            _write(form, changed)
    return Saved(form, taken_in)


def submit_form(form: FilledForm, *, by, seen: int) -> FilledForm:
    """Hand in a draft as it is saved: from here on it stays as it is.

    Raises ValidationError by field for answers that are missing or cannot be read, EditConflict
    when somebody has changed the draft since the saved state the person saw.
    """
    with transaction.atomic(), acting_as(by):
        form = _locked_draft(form)
        stored = form.values()
        if seen != form.revision:
            raise EditConflict(form, _changed(_as_of(form, seen), stored))
        _write(form, _changed(stored, checked(form, stored)))
        form.status = FilledForm.Status.SUBMITTED
        form.submitted_by, form.submitted_at = by, current_time()
        form.save()
        follow_deadlines([form.case_id])
    return form


def take_over_form(
    *,
    case: Case,
    edition: FormEdition,
    sequence: int,
    version: int = 1,
    reason: str = "",
    voluntary: bool = False,
    answers: Mapping[str, str],
    saved_by,
    saved_at: datetime | None = None,
    submitted_by=None,
    submitted_at: datetime | None = None,
) -> FilledForm:
    """Store a form as files bring it: a draft, or one that was submitted, with its moments.

    Raises ValidationError where saving or submitting would refuse it, for a version that follows
    none, and for moments that lie in the future or in the wrong order.
    """
    saved_at = saved_at or current_time()
    submitted_at = (submitted_at or saved_at) if submitted_by else None
    if not saved_at <= (submitted_at or saved_at) <= timezone.now():
        raise ValidationError(_("saved_at and submitted_at lie in the past, in this order."))
    form = _follows(
        FilledForm(
            case=case,
            edition=edition,
            sequence=sequence,
            version=version,
            reason=reason,
            voluntary=voluntary,
            saved_by=saved_by,
            saved_at=saved_at,
        )
    )
    given = _given(form, answers)
    kept = checked(form, given) if submitted_by else given
    with transaction.atomic():
        with acting_as(saved_by, reason=reason, at=saved_at):
            form.full_clean()
            form.save()
            _write(form, {key: text for key, text in kept.items() if text})
        if submitted_by:
            with acting_as(submitted_by, at=submitted_at):
                form.status = FilledForm.Status.SUBMITTED
                form.submitted_by, form.submitted_at = submitted_by, submitted_at
                form.save()
            with acting_as(submitted_by):  # now: what it meets may be known since later
                follow_deadlines([form.case_id])
    return form


def _follows(form: FilledForm) -> FilledForm:
    """Return the form with what it corrects. Raises ValidationError where it follows none."""
    if form.version > 1:
        before = FilledForm.objects.submitted().filter(
            case=form.case, sequence=form.sequence, version=form.version - 1, edition=form.edition
        )
        form.supersedes = before.first()
        if form.supersedes is None:
            raise ValidationError(
                _("Version %(version)s corrects none that was submitted in the same edition."),
                params={"version": form.version},
            )
    return form


def correct_form(form: FilledForm, *, by, reason: str) -> FilledForm:
    """Begin the next version of a submitted form, with its answers; return the draft.

    The old version stays in force until the new one is submitted. Raises ValidationError without
    a reason, for a draft, and when there is a correction already.
    """
    if not reason.strip():
        raise ValidationError({"reason": _("A correction needs a reason.")})
    with transaction.atomic(), acting_as(by, reason=reason):
        form = FilledForm.objects.select_for_update(of=("self",)).get(pk=form.pk)
        if form.is_draft:
            raise ValidationError(_("A draft needs no correction: it can be changed."))
        if FilledForm.objects.filter(supersedes=form).exists():
            raise ValidationError(_("This version is being corrected or was corrected already."))
        draft = FilledForm(
            case=form.case,
            edition=form.edition,
            sequence=form.sequence,
            version=form.version + 1,
            supersedes=form,
            reason=reason.strip(),
            voluntary=form.voluntary,
            saved_by=by,
            saved_at=current_time(),
        )
        draft.full_clean()
        draft.save()
        _write(draft, form.values())
    return draft


def discard_form(form: FilledForm, *, by, seen: int) -> None:
    """Throw a draft away; its history stays. Raises EditConflict when it was changed since."""
    with transaction.atomic(), acting_as(by):
        form = _locked_draft(form)
        if form.revision != seen:
            raise EditConflict(form, {})
        for answer in form.answers.order_by("pk"):
            answer.delete()
        form.delete()


def checked(form: FilledForm, values: Mapping[str, str]) -> dict[str, str]:
    """Return the answers as they are submitted, in one spelling.

    Raises ValidationError with a message for each field that is missing or cannot be read. A
    correction that says what its predecessor says is refused as well.
    """
    found, problems = {}, {}
    for field in _asked(form).values():
        try:
            found[field.key] = spelled(read_answer(field, values.get(field.key, "")))
        except Refusal as refused:
            problems[field.key] = ValidationError(refusal_text(refused))
    if problems:
        raise ValidationError(problems)
    if form.supersedes_id and {k: v for k, v in found.items() if v} == _filled(form.supersedes):
        raise ValidationError(_("Nothing has changed: this is what the last version says."))
    return found


def _filled(form: FilledForm) -> dict[str, str]:
    return {key: value for key, value in form.values().items() if value}


def _asked(form: FilledForm) -> dict[str, FormField]:
    """Return the fields that the form asks by key."""
    return {field.key: field for section in form.sections() for field in section.fields}


def _given(form: FilledForm, values: Mapping[str, str]) -> dict[str, str]:
    """Return the texts as they are kept. Raises ValidationError for what no draft holds."""
    asked = _asked(form)
    if unknown := [key for key in values if key not in asked]:
        raise ValidationError(
            _("%(names)s is unknown; allowed: %(allowed)s."),
            params={"names": ", ".join(unknown), "allowed": ", ".join(asked)},
        )
    given = {key: cleaned(text) for key, text in values.items()}
    for key, text in given.items():
        if len(text) > SAVES_MOST:
            message = _("%(count)d characters; allowed are %(most)d.")
            params = {"count": len(text), "most": SAVES_MOST}
            raise ValidationError({key: ValidationError(message, params=params)})
    return given


def _merged(
    form: FilledForm, given: dict[str, str], *, seen: int, over: int | None
) -> tuple[dict[str, str], dict[str, str]]:
    """Return what to save, and what to take in from others, given the state the person saw."""
    before, now = _as_of(form, seen), form.values()
    mine, theirs = _changed(before, given), _changed(before, now)
    both = {key: theirs[key] for key in mine.keys() & theirs.keys() if mine[key] != theirs[key]}
    if both and over != form.revision:
        raise EditConflict(form, both)
    return mine, {key: text for key, text in theirs.items() if key not in mine}


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    """Return those of the later values that differ from the earlier ones."""
    return {key: text for key, text in after.items() if text != before.get(key, "")}


def _as_of(form: FilledForm, seen: int) -> dict[str, str]:
    """Return the answers as they were in an earlier saved state, from their history."""
    rows = FormAnswer.history.filter(filled_form_id=form.pk, revision__lte=seen)
    ordered = rows.order_by("revision", "history_id")
    keys = dict(form.edition.field_rows.order_by("pk").values_list("pk", "key"))
    return {keys[field]: value for field, value in ordered.values_list("field_id", "value")}


def _write(form: FilledForm, values: Mapping[str, str]) -> None:
    """Store answers, one row for each field, each with its history."""
    fields = {row.key: row for row in form.edition.field_rows.order_by("position")}
    stored = {row.field_id: row for row in form.answers.order_by("pk")}
    for key, text in values.items():
        answer = stored.get(fields[key].pk) or FormAnswer(filled_form=form, field=fields[key])
        answer.value, answer.revision = text, form.revision
        answer.save()


def _known_of(case: Case, edition: FormEdition) -> dict[str, str]:
    """Return the answers that the case gives itself."""
    identity = ClientIdentity.objects.filter(client=case.client_id).first()
    wanted = {field.key: field.prefill for field in edition.data.questions if field.prefill}
    known = {key: getattr(identity, name, None) for key, name in wanted.items()}
    return {key: spelled(value) for key, value in known.items() if value}


def _locked_draft(form: FilledForm) -> FilledForm:
    locked = FilledForm.objects.select_for_update(of=("self",)).filter(pk=form.pk).first()
    if locked is None:
        raise ValidationError(_("This draft was discarded."))
    if not locked.is_draft:
        raise ValidationError(_("This form was submitted; correct it by a new version."))
    return locked
