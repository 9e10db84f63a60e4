"""Placing a case in a need group: what can be chosen, and what it plans while one chooses."""

from datetime import date

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base import formats
from base.formats import in_words
from base.workspace.fields import DayField
from base.workspace.views import FormPage
from cms.content.catalogue import CatalogueContent
from cms.models import CatalogueEdition
from cms.totals import Totals, case_totals
from contracts.annexes import catalogues_on
from contracts.models import Contract
from forms.actions.open_case import place_case
from forms.models import CasePlacement
from forms.usage import catalogue_contents
from forms.views.case_action import CaseAction
from forms.views.confirming import ShowsEffectsOfCase
from forms.views.shared import day_of, today


def placement_fields(form: forms.Form, contents: dict[int, CatalogueContent], data) -> None:
    """Give a form the fields of a placement; what can be chosen follows from what is chosen.

    `contents` are catalogue contents by edition. Fields that cannot be asked yet are left out.
    """
    groups = [
        (f"{edition}:{group.key}", f"{group.code} {group.title}")
        for edition, content in contents.items()
        for group in content.need_groups
    ]
    form.fields["need_group"] = forms.ChoiceField(
        label=_("Need group"),
        choices=[("", "–"), *groups],
        required=form.placement_required,
    )
    edition, _colon, key = (data.get("need_group") or "").partition(":")
    content = contents.get(int(edition)) if edition.isdecimal() else None
    group = next((g for g in content.need_groups if g.key == key), None) if content else None
    if group is None:
        return
    combinations = [(c.key, c.label or in_words(c.key)) for c in group.combinations]
    form.fields["combination"] = forms.ChoiceField(
        label=_("Combination"),
        choices=combinations,
        initial=combinations[0][0],
    )
    wanted = data.get("combination")
    combination = next((c for c in group.combinations if c.key == wanted), group.combinations[0])
    titles = {m.key: f"{m.code} {m.short_title or m.title}" for m in content.modules}
    for place, entry in enumerate(combination.entries):
        if entry.requirement == "required":
            continue
        choices = [(module, titles[module]) for module in entry.modules]
        several = entry.requirement != "one_of"
        label = {
            "one_of": _("Exactly one of these modules"),
            "at_least": _("At least %s of these modules") % entry.at_least,
            "optional": _("If needed"),
        }[entry.requirement]
        kind = forms.MultipleChoiceField if several else forms.ChoiceField
        form.fields[f"choice_{place}"] = kind(
            label=label,
            choices=choices,
            required=not several,
            widget=(forms.CheckboxSelectMultiple if several else forms.RadioSelect),
        )
    involved = {key for entry in combination.entries for key in entry.modules}
    conditions = {
        extra.condition: extra.label
        for module in content.modules
        if module.key in involved
        for extra in module.extras
    }
    if conditions:
        form.fields["conditions"] = forms.MultipleChoiceField(
            label=_("Conditions that hold"),
            choices=list(conditions.items()),
            required=False,
            widget=forms.CheckboxSelectMultiple,
        )
    add_ons = [
        (add_on.module, titles[add_on.module])
        for add_on in content.add_ons
        if not add_on.need_groups or key in add_on.need_groups
    ]
    if add_ons:
        form.fields["add_ons"] = forms.MultipleChoiceField(
            label=_("Special modules"),
            choices=add_ons,
            required=False,
            widget=forms.CheckboxSelectMultiple,
        )


def placement_names(form: forms.Form) -> list[str]:
    """Return the names of the fields that `placement_fields` gave a form."""
    known = ("need_group", "combination", "conditions", "add_ons")
    return [name for name in form.fields if name in known or name.startswith("choice_")]


def placement_of(form: forms.Form) -> dict | None:
    """Return the arguments of `place_case` that a form's cleaned data say; None without a group."""
    data = form.cleaned_data
    edition, _colon, group = (data.get("need_group") or "").partition(":")
    if not group:
        return None
    choices = []
    for name in form.fields:
        if name.startswith("choice_"):
            chosen = data[name]
            choices += [chosen] if isinstance(chosen, str) else chosen
    return {
        "catalogue_edition": CatalogueEdition.objects.get(pk=edition),
        "need_group": group,
        "combination": data["combination"],
        "choices": [key for key in choices if key],
        "conditions": data.get("conditions", []),
        "add_ons": data.get("add_ons", []),
    }


def annexed(contract: Contract, day: date) -> dict[int, CatalogueContent]:
    """Return the contents of the catalogue editions that a contract annexes on a day, by key."""
    return catalogue_contents([edition.pk for edition in catalogues_on(contract, day)])


class _Chosen:
    """A placement as far as a form says it; what the catalogue does not know is left out."""

    def __init__(self, form: forms.Form, data):
        def known(name: str) -> list[str]:
            field = form.fields.get(name)
            keys = [str(key) for key, _label in field.choices] if field else []
            return [key for key in _listed(data, name) if key in keys]

        _edition, _colon, self.need_group = (data.get("need_group") or "").partition(":")
        combinations = form.fields["combination"].choices
        self.combination = next(iter(known("combination")), combinations[0][0])
        names = [name for name in form.fields if name.startswith("choice_")]
        self.choices = [key for name in names for key in known(name)]
        self.conditions = known("conditions")
        self.add_ons = known("add_ons")


def _listed(data, name: str) -> list[str]:
    """Return the values of a field, from what was posted or from initial values."""
    found = data.getlist(name) if hasattr(data, "getlist") else data.get(name)
    return [found] if isinstance(found, str) else list(found or ())


def planned_preview(form: forms.Form, contents: dict, data) -> Totals | None:
    """Return what a form's placement would plan, as far as it is chosen; None before that."""
    if "combination" not in form.fields:
        return None
    edition, _colon, _group = data["need_group"].partition(":")
    return case_totals(contents[int(edition)], _Chosen(form, data))


class PlacementForm(forms.Form):
    """Place a case in a need group from a day on."""

    placement_required = True
    valid_from = DayField(label=gettext_lazy("Valid from"))

    def __init__(self, *args, contract, previous=None, **kwargs):
        super().__init__(*args, **kwargs)
        data = self.data if self.is_bound else self.initial
        day = day_of(data.get("valid_from")) or today()
        self.contents = annexed(contract, day)
        placement_fields(self, self.contents, data)
        self.fields["reason"] = forms.CharField(
            label=_("Reason"),
            required=False,
            max_length=500,
            help_text=_("Needed where another of several alternatives is taken than before."),
        )
        self.preview = planned_preview(self, self.contents, data)


class PlaceCase(ShowsEffectsOfCase, CaseAction):
    """Need group, combination and choices, with what they plan while choosing."""

    permission_required = "forms.change_case"
    form_class = PlacementForm
    template_name = "forms/case_place.html"
    title = gettext_lazy("Place in a need group")
    dated = "placements"

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"contract": self.target.contract}

    def get_initial(self):
        row = self.target.placement_on(today())
        day = max(today(), self.target.assigned_on)
        if row is None:
            return {"valid_from": self.target.assigned_on}
        return {
            "valid_from": day,
            "need_group": f"{row.catalogue_edition_id}:{row.need_group}",
            "combination": row.combination,
            "conditions": row.conditions,
            "add_ons": row.add_ons,
            **_chosen_before(row),
        }

    def post(self, request, *args, **kwargs):
        if request.headers.get("HX-Request"):
            # Only what can be chosen next, and what it plans; nothing is refused while choosing.
            return self.render_to_response(self.get_context_data(form=while_choosing(self)))
        return super().post(request, *args, **kwargs)

    def get_template_names(self):
        choosing = self.request.headers.get("HX-Request")
        return ["forms/placement_fields.html" if choosing else self.template_name]

    def carry_out(self, form):
        """Place the case."""
        return place_case(
            case=self.target,
            valid_from=form.cleaned_data["valid_from"],
            reason=form.cleaned_data["reason"],
            **placement_of(form),
            by=self.request.user,
        )

    def done(self, result):
        return _("The case is placed from %s on.") % formats.day(result.valid_from)


def while_choosing(page: FormPage) -> forms.Form:
    """Return the form with what was chosen so far as its initial values: no errors yet."""
    posted = page.request.POST
    kwargs = page.get_form_kwargs() | {"data": None, "files": None}
    kwargs["initial"] = {
        name: posted.getlist(name) if len(posted.getlist(name)) > 1 else posted[name]
        for name in posted
    }
    return page.form_class(**kwargs)


def _chosen_before(row: CasePlacement) -> dict:
    content = catalogue_contents([row.catalogue_edition_id])[row.catalogue_edition_id]
    group = content.need_group(row.need_group)
    combination = next(c for c in group.combinations if c.key == row.combination)
    found = {}
    for place, entry in enumerate(combination.entries):
        chosen = [key for key in entry.modules if key in row.choices]
        if entry.requirement == "one_of":
            found[f"choice_{place}"] = next(iter(chosen), None)
        elif entry.requirement != "required":
            found[f"choice_{place}"] = chosen
    return found
