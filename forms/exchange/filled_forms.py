"""Form definitions and filled forms in files."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from pydantic import AwareDatetime, Field, model_validator

from base.content import Content, Key, Line, cleaned
from base.exchange.editions import keyed_drafts
from base.exchange.kinds import WHOLE, EntryError, Kind, Located, load_each, register
from base.exchange.ordering import by_text
from base.exchange.people import person
from base.exchange.rows import find_by, require_same
from forms.actions.fill_form import checked, take_over_form
from forms.actions.follow_deadlines import following_once
from forms.models import Case, FilledForm, FormDefinition, FormEdition


class FilledFormEntry(Content):
    """One version of a form filled in for a case: submitted where it says by whom."""

    case: Line
    sequence: int = Field(ge=1, le=32_767)
    version: int = Field(1, ge=1, le=32_767)
    form: Key
    edition: int = Field(ge=1)
    reason: str = Field("", max_length=500)
    voluntary: bool = False
    saved_by: Line
    saved_at: AwareDatetime | None = None
    submitted_by: str = ""
    submitted_at: AwareDatetime | None = None
    answers: dict[Key, str] = {}

    @model_validator(mode="after")
    def _submitted_by_somebody(self):
        if self.submitted_at and not self.submitted_by:
            raise ValueError(_("submitted_at goes with submitted_by"))
        return self


def _load_filled_form(located: Located) -> int:
    entry: FilledFormEntry = located.entry
    case = find_by(located, Case, number=entry.case)
    editions = FormEdition.objects.filter(definition__key=entry.form, number=entry.edition)
    if (edition := editions.first()) is None:
        raise ValidationError(
            _("There is no edition %(number)s of form %(key)s."),
            params={"number": entry.edition, "key": entry.form},
        )
    same = {"case": case, "sequence": entry.sequence, "version": entry.version}
    stored = FilledForm.objects.filter(**same).first()
    submitted_by = person(entry.submitted_by) if entry.submitted_by else None
    saved_by = person(entry.saved_by)
    if stored is None:
        moments = {"saved_at": entry.saved_at, "submitted_at": entry.submitted_at}
        common = {"reason": entry.reason, "voluntary": entry.voluntary, "answers": entry.answers}
        take_over_form(
            **same, **common, **moments, edition=edition, saved_by=saved_by,
            submitted_by=submitted_by,
        )  # fmt: skip
        return True
    given = {
        "edition": edition,
        "reason": entry.reason,
        "voluntary": entry.voluntary,
        "saved_by": saved_by,
        "submitted_by": submitted_by,
        **{n: v for n in ("saved_at", "submitted_at") if (v := getattr(entry, n))},
    }
    require_same(located, stored, given)
    _require_same_answers(located, stored)
    return False


def _load_filled_forms(entries: Sequence[Located]) -> int:
    with following_once():
        return load_each(entries, _load_filled_form)


def _require_same_answers(located: Located, stored: FilledForm) -> None:
    """Raise EntryError naming the fields that are stored with another answer, not the answers."""
    answers = {key: cleaned(text) for key, text in located.entry.answers.items()}
    kept = _answers(stored)
    if not stored.is_draft:
        answers = checked(stored, answers)
    keys = [
        key for key in answers.keys() | kept.keys() if answers.get(key, "") != kept.get(key, "")
    ]
    if keys:
        message = _("%(form)s is stored with other answers in %(names)s.")
        params = {"form": stored.reference, "names": ", ".join(sorted(keys))}
        raise EntryError(located, ValidationError(message, params=params))


def _answers(form: FilledForm) -> dict[str, str]:
    return {key: value for key, value in form.values().items() if value}


def _dump_filled_forms():
    forms = FilledForm.objects.select_related(
        "case", "edition__definition", "saved_by", "submitted_by"
    )
    for form in forms.order_by(*by_text("case__number"), "sequence", "version"):
        submitted = {}
        if form.submitted_by:
            submitted = {
                "submitted_by": form.submitted_by.username,
                "submitted_at": timezone.localtime(form.submitted_at),
            }
        yield FilledFormEntry(
            case=form.case.number,
            sequence=form.sequence,
            version=form.version,
            form=form.edition.definition.key,
            edition=form.edition.number,
            reason=form.reason,
            voluntary=form.voluntary,
            saved_by=form.saved_by.username,
            saved_at=timezone.localtime(form.saved_at),
            **submitted,
            answers=_answers(form),
        )


register(keyed_drafts(FormDefinition, "form_definitions", 50))
register(
    Kind(
        section="filled_forms",
        position=71,
        entry=FilledFormEntry,
        load=_load_filled_forms,
        dump=_dump_filled_forms,
        known_by=("case", "sequence", "version"),
        protected=WHOLE,
    )
)
