"""Moving a case to a later edition of its catalogue: choose, see what changes, say why, move."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.formats import day as german
from base.formats import number
from base.refusals import readable
from base.workspace.fields import DayField
from cms.comparison import combination_name
from cms.models import CatalogueEdition
from cms.totals import Range
from cms.views.comparison import sections
from contracts.annexes import editions_ever
from contracts.billing import round_to
from forms.actions.move_case import Move, MovedModule, move_case, plan_move
from forms.models import CasePlacement
from forms.usage import Amount
from forms.views.case_action import CaseAction
from forms.views.confirming import ShowsEffectsOfCase
from forms.views.shared import day_of, today

STATES = {
    "same": (gettext_lazy("unchanged"), ""),
    "changed": (gettext_lazy("changed"), "info"),
    "new": (gettext_lazy("new"), "success"),
    "left": (gettext_lazy("not planned any more"), "warning"),
    "unknown": (gettext_lazy("no longer in the catalogue"), "danger"),
}
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class ModuleRow:
    """One module of the preview, in texts."""

    name: str
    before: str
    used: str
    after: str
    rest: str
    state: str
    tone: str


def module_row(moved: MovedModule) -> ModuleRow:
    """Return a module as the preview shows it."""
    before = moved.before.amounts if moved.before else ()
    after = moved.after.amounts if moved.after else ()
    planned = moved.state not in ("left", "unknown")
    label, tone = STATES[moved.state]
    return ModuleRow(
        name=f"{moved.shown.code} {moved.shown.title}",
        before=_planned(before),
        used=_joined(after or before, lambda each: _figure(each.used)),
        after=_planned(after),
        rest=_joined(after, lambda each: _figure(each.rest)) if planned else "–",
        state=label,
        tone=tone,
    )


def _planned(amounts: Sequence[Amount]) -> str:
    return _joined(
        [each for each in amounts if each.guide],
        lambda each: str(Range(_rounded(each.least), _rounded(each.guide))),
    )


def _joined(amounts: Sequence[Amount], figure) -> str:
    return " + ".join(f"{figure(each)} {each.unit.short}" for each in amounts) or "–"


def _figure(value: Fraction) -> str:
    return number(_rounded(value))


def _rounded(value: Fraction) -> Decimal:
    """A fraction with two places: what was used may be thirds of an hour."""
    return round_to(value, 2)


class ChooseForm(forms.Form):
    """Where to, and from when; a need group and alternatives of the later edition."""

    edition = forms.TypedChoiceField(coerce=int, label=gettext_lazy("Edition"))
    valid_from = DayField(label=gettext_lazy("Applies to the case from"))
    group = forms.ChoiceField(label=gettext_lazy("Need group"))

    def __init__(self, *args, editions: dict[int, CatalogueEdition], before: CasePlacement, **kw):
        super().__init__(*args, **kw)
        self.editions, self.before = editions, before
        self.fields["edition"].choices = [
            (
                pk,
                _("Edition %(number)d, applies from %(day)s")
                % {"number": edition.number, "day": german(edition.applies_from)},
            )
            for pk, edition in editions.items()
        ]
        content = self.content
        groups = [
            (f"{group.key}:{each.key}", combination_name(group, each))
            for group in content.need_groups
            for each in group.combinations
        ]
        own = f"{before.need_group}:{before.combination}"
        if own not in dict(groups):
            groups.insert(0, ("", _("please choose")))
        self.fields["group"].choices = groups
        if self.alternatives:
            self.fields["choices"] = forms.MultipleChoiceField(
                choices=self.alternatives,
                required=False,
                label=_("Alternatives and optional modules"),
                widget=forms.CheckboxSelectMultiple,
            )

    def _given(self, name: str) -> str:
        return str((self.data if self.is_bound else self.initial).get(name) or "")

    @cached_property
    def chosen_edition(self) -> CatalogueEdition:
        """The edition chosen, or the newest."""
        wanted = self._given("edition")
        key = int(wanted) if wanted.isdecimal() else 0
        return self.editions.get(key) or next(iter(self.editions.values()))

    @property
    def content(self):
        """The content of the edition chosen."""
        return self.chosen_edition.data

    @cached_property
    def alternatives(self) -> list[tuple[str, str]]:
        """The modules to choose among in the need group chosen."""
        wanted = self._given("group")
        modules = {module.key: module for module in self.content.modules}
        keys = [
            key
            for group in self.content.need_groups
            for each in group.combinations
            if f"{group.key}:{each.key}" == wanted
            for entry in each.entries
            if entry.requirement != "required"
            for key in entry.modules
        ]
        return [
            (key, f"{modules[key].code} {modules[key].short_title or modules[key].title}")
            for key in dict.fromkeys(keys)
        ]


class MoveForm(forms.Form):
    """The reason, and what was previewed."""

    edition = forms.IntegerField(widget=forms.HiddenInput)
    valid_from = DayField(widget=forms.HiddenInput)
    group = forms.CharField(widget=forms.HiddenInput)
    choices = forms.CharField(widget=forms.HiddenInput, required=False)
    reason = forms.CharField(
        max_length=500,
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("Why the case is moved, and with whom that was agreed."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class MoveCase(ShowsEffectsOfCase, CaseAction):
    """Move a case to a later edition: nothing is stored before the preview was confirmed."""

    permission_required = "forms.change_case"
    title = gettext_lazy("Move to a later edition")
    template_name = "forms/case_move.html"
    form_class = MoveForm
    button = gettext_lazy("Move case")

    def get_queryset(self):
        return super().get_queryset().select_related("contract")

    @cached_property
    def before(self) -> CasePlacement | None:
        """The case's last placement."""
        rows = self.target.placements.select_related("catalogue_edition__catalogue")
        return rows.order_by("-valid_from").first()

    @cached_property
    def offered(self) -> dict[int, CatalogueEdition]:
        """The later editions the contract annexes on any day, by key, newest first."""
        if self.before is None:
            return {}
        number = self.before.catalogue_edition.number
        later = [edition for edition in self.brought if edition.number > number]
        return {edition.pk: edition for edition in reversed(later)}

    @cached_property
    def brought(self) -> dict[CatalogueEdition, date]:
        """The editions of the case's catalogue that the contract annexes, with their first days."""
        return editions_ever(self.target.contract, self.before.catalogue_edition.catalogue)

    def earliest(self, edition: CatalogueEdition):
        """The first sensible day: today, unless the annex or the last placement come later."""
        return max(today(), self.before.valid_from + ONE_DAY, self.brought[edition])

    def chooser(self) -> ChooseForm:
        """The form above the preview, as sent or with what lies near."""
        newest = next(iter(self.offered.values()))
        own = f"{self.before.need_group}:{self.before.combination}"
        initial = {
            "edition": newest.pk,
            "valid_from": self.earliest(newest),
            "group": own,
            "choices": self.before.choices,
        }
        sent = self.request.GET if "edition" in self.request.GET else None
        return ChooseForm(sent, initial=initial, editions=self.offered, before=self.before)

    def _wanted(self, chooser: ChooseForm) -> dict:
        """The arguments of the move as they stand in the chooser."""
        values = chooser.cleaned_data if chooser.is_bound else chooser.initial
        group, _sep, combination = (values.get("group") or "").partition(":")
        known = [key for key, _label in chooser.alternatives]
        chosen = values.get("choices") or ()
        return {
            "catalogue_edition": chooser.chosen_edition,
            "valid_from": day_of(values["valid_from"]),
            "need_group": group,
            "combination": combination,
            "choices": [key for key in chosen if key in known],
        }

    def carry_out(self, form):
        """Move the case as previewed."""
        values = form.cleaned_data
        group, _sep, combination = values["group"].partition(":")
        edition = self.offered.get(values["edition"])
        if edition is None:
            raise ValidationError(_("Please choose the edition again."))
        return move_case(
            case=self.target,
            catalogue_edition=edition,
            valid_from=values["valid_from"],
            reason=values["reason"],
            need_group=group,
            combination=combination,
            choices=[key for key in values["choices"].split(",") if key],
            by=self.request.user,
        )

    def done(self, result: CasePlacement):
        return _("The case follows edition %(number)d from %(day)s on.") % {
            "number": result.catalogue_edition.number,
            "day": german(result.valid_from),
        }

    def get_success_url(self):
        return self.target.get_absolute_url()

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs) | {
            "before": self.before,
            "offered": self.offered,
            "chooser": None,
            "move": None,
            "refusals": [],
        }
        if not self.offered:
            return context
        chooser = self.chooser()
        context["chooser"] = chooser
        if chooser.is_bound and not chooser.is_valid():
            return context
        wanted = self._wanted(chooser)
        try:
            move = plan_move(case=self.target, **wanted)
        except ValidationError as error:
            return context | {"refusals": readable(error).messages}
        if not context["form"].is_bound:
            context["form"] = MoveForm(initial=self._previewed(move))
        return context | {
            "move": move,
            "rows": [module_row(each) for each in move.modules],
            "is_open": any(each.after and each.after.is_open for each in move.modules),
            "planned_before": _figure(move.usage_before.planned_hours),
            "planned_after": _figure(move.usage_after.planned_hours),
            "used": _figure(move.usage_after.used_hours),
            "sections": sections(move.changes),
        }

    def _previewed(self, move: Move) -> dict:
        after = move.after
        return {
            "edition": after.catalogue_edition.pk,
            "valid_from": after.valid_from,
            "group": f"{after.need_group}:{after.combination}",
            "choices": ",".join(after.choices),
        }
