"""A group session: entered once, recorded for each who attended."""

import secrets

from django import forms
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from base.ends import require_past
from base.workspace.fields import DayField
from base.workspace.views import FormPage
from contracts.models import Contract
from forms.actions.record_service import record_session
from forms.booking import contract_kinds
from forms.models import Case
from forms.topics import Topics
from forms.usage import catalogue_contents
from forms.views.fields import ChosenReasonField, MinutesField, NoteField, RecordForm
from forms.views.record_day import NO_MODULE, RecordsFor, module_missing

SESSION_MINUTES = "90"


class SessionForm(RecordForm):
    """A group session with those who attended."""

    session = forms.RegexField(r"^S-[0-9a-f]{12}$", widget=forms.HiddenInput)
    counsellor = forms.CharField(widget=forms.HiddenInput)
    day = DayField(label=gettext_lazy("Day"))
    kind = forms.ChoiceField(label=gettext_lazy("Kind of work"))
    module = forms.ChoiceField(label=gettext_lazy("Module"), required=False)
    minutes = MinutesField(label=gettext_lazy("Time spent"), initial=SESSION_MINUTES)
    counsellors = forms.IntegerField(
        label=gettext_lazy("Number of counsellors"), min_value=1, max_value=99, initial=1
    )
    cases = forms.ModelMultipleChoiceField(
        Case.objects.none(),
        label=gettext_lazy("Who attended"),
        widget=forms.MultipleHiddenInput,
        error_messages={"required": gettext_lazy("Who attended? At least one case is needed.")},
    )
    chosen_reason = ChosenReasonField(
        first_version=True,
        label=gettext_lazy("Reason for the exception"),
        required=False,
        help_text=gettext_lazy(
            "Only where somebody has used up the module already, or its phase is not agreed on."
        ),
    )
    reason = NoteField()

    def __init__(self, *args, cases, kinds, modules, topics, **kwargs):
        super().__init__(*args, **kwargs)
        self.offer_topics(topics)
        self.fields["cases"].queryset = cases
        self.fields["kind"].choices = [(kind.key, kind.label) for kind in kinds]
        none = [(NO_MODULE, _("without a module"))] if modules else []
        self.fields["module"].choices = [("", "–"), *modules, *none]

    def clean_day(self):
        """Work is recorded once it is done."""
        day = self.cleaned_data["day"]
        require_past(day)
        return day

    def clean_module(self):
        """One of the catalogue's, or none on purpose."""
        module = self.cleaned_data["module"]
        if not module and len(self.fields["module"].choices) > 1:
            raise module_missing()
        return module if module != NO_MODULE else ""

    def attending(self) -> list[Case]:
        """Return the cases chosen so far, also where the form is refused."""
        keys = self.data.getlist("cases") if self.is_bound else ()
        keys = [key for key in keys if key.isdecimal()]
        return list(self.fields["cases"].queryset.filter(pk__in=keys).order_by("number"))


class RecordSession(RecordsFor, FormPage):
    """Enter a group session."""

    form_class = SessionForm
    template_name = "forms/record_session.html"
    title = gettext_lazy("Group session")

    @cached_property
    def contracts(self) -> list[int]:
        """The organisation's contracts, by key."""
        rows = Contract.objects.visible_to(self.request.user, self.permission_required)
        return list(
            rows.filter(provider=self.counsellor.organisation_id)
            .order_by("number")
            .values_list("pk", flat=True)
        )

    def get_form_kwargs(self):
        cases = Case.objects.visible_to(self.request.user, self.permission_required)
        cases = cases.filter(contract__in=self.contracts)
        return super().get_form_kwargs() | {
            "cases": cases.joined("contract"),
            "kinds": contract_kinds(self.contracts, self.day, of_groups=True),
            "modules": self._modules(),
            "topics": self._topics(),
        }

    def _topics(self) -> dict[str, str]:
        """Return the kinds of help that the organisation's contracts offer on the day."""
        offered = Topics(self.contracts)
        found: dict[str, str] = {}
        for contract in self.contracts:
            found = offered.on(contract, self.day) | found
        return found

    def _modules(self) -> list[tuple[str, str]]:
        """Return modules with group sessions of the catalogues the organisation's cases are in."""
        editions = (
            Case.objects.filter(contract__in=self.contracts, placements__valid_from__lte=self.day)
            .order_by()
            .values_list("placements__catalogue_edition", flat=True)
            .distinct()
        )
        found = {}
        for _pk, content in sorted(catalogue_contents(list(editions)).items()):
            for module in content.modules:
                units = [content.unit(amount.unit) for amount in module.quantities]
                if module.bookable and any(unit.setting == "group" for unit in units):
                    found[module.key] = f"{module.code} {module.short_title or module.title}"
        return list(found.items())

    def get_initial(self):
        return {
            "session": f"S-{secrets.token_hex(6)}",
            "counsellor": self.counsellor.pk,
            "day": self.day,
        }

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        return context | {
            "attending": context["form"].attending(),
            "suggestions": reverse("case-suggestions"),
        }

    def act(self, form):
        data = dict(form.cleaned_data)
        data.pop("counsellor")
        data["answered"] = data.pop("confirmed")
        data |= form.spans()
        data["cases"] = list(data["cases"])
        return record_session(counsellor=self.counsellor, **data, by=self.request.user)

    def done(self, result):
        stored, before = result
        if before:
            return _("This session was saved before; nothing was stored twice.")
        count = len(stored)
        return ngettext("%s attendance saved.", "%s attendances saved.", count) % count

    def get_success_url(self):
        return self.address(self.result[0][0].day)
