"""Substitutions: who stands in for whom, and until when."""

import django_filters
import django_tables2 as tables
from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.workspace.fields import DayField
from base.workspace.registry import WaitingEntry
from base.workspace.tables import DayColumn, LinkColumn, Table, badge
from base.workspace.views import Crumb, FormPage, ListPage, ObjectFormPage
from contracts.actions.substitute_member import substitute_member, withdraw_substitution
from contracts.models import Member, Substitution
from contracts.reach import memberships_of
from contracts.standing_in import absences_entered_by

TITLE = gettext_lazy("Substitutions")
WHEN = {
    "now": gettext_lazy("today"),
    "later": gettext_lazy("to come"),
    "over": gettext_lazy("over"),
}
TONES = {"now": "info", "later": "", "over": ""}


class SubstitutionTable(Table):
    """Who is away, who stands in, and when."""

    member = LinkColumn(
        verbose_name=gettext_lazy("Absent"),
        accessor="member",
        linkify=("substitution-change", {"pk": tables.A("pk")}),
        order_by=("member__user__last_name", "member__user__username"),
    )
    substitute = tables.Column(
        gettext_lazy("Substitute"),
        order_by=("substitute__user__last_name", "substitute__user__username"),
    )
    first_day = DayColumn(verbose_name=gettext_lazy("First day"))
    last_day = DayColumn(verbose_name=gettext_lazy("Last day"))
    when = tables.Column(gettext_lazy("When"), accessor="pk", orderable=False)

    class Meta(Table.Meta):
        model = Substitution
        fields = ()
        order_by = "-first_day"

    def render_when(self, record):
        """Whether it is in force, as a badge."""
        return badge(WHEN[when(record)], TONES[when(record)])

    def value_when(self, record):
        """Whether it is in force, in exports."""
        return str(WHEN[when(record)])


def when(row: Substitution) -> str:
    """Return whether a substitution is in force today: a key of WHEN."""
    day = timezone.localdate()
    if row.last_day < day:
        return "over"
    return "now" if row.first_day <= day else "later"


class SubstitutionFilter(django_filters.FilterSet):
    """What the list can be narrowed by."""

    when = django_filters.ChoiceFilter(
        label=gettext_lazy("When"), choices=list(WHEN.items()), method="by_when"
    )

    class Meta:
        model = Substitution
        fields = ()

    def by_when(self, rows, name, value):
        """In force today, later, or over."""
        day = timezone.localdate()
        if value == "now":
            return rows.in_force_on(day)
        return rows.filter(first_day__gt=day) if value == "later" else rows.filter(last_day__lt=day)


class SubstitutionList(ListPage):
    """All substitutions of the house, the newest first."""

    model = Substitution
    table_class = SubstitutionTable
    filterset_class = SubstitutionFilter
    permission_required = "contracts.view_substitution"
    title = TITLE
    menu = "substitutions"
    empty_text = gettext_lazy("Nobody stands in for anybody.")

    def get_queryset(self):
        return super().get_queryset().select_related("member__user", "substitute__user")

    def actions(self):
        """Enter one."""
        return [(_("Enter a substitution"), reverse("substitution-add"))]


class SubstitutionForm(forms.Form):
    """Who is away, who stands in, from when until when."""

    member = forms.ChoiceField(label=gettext_lazy("Absent"))
    substitute = forms.ChoiceField(label=gettext_lazy("Substitute"))
    first_day = DayField(label=gettext_lazy("First day"))
    last_day = DayField(label=gettext_lazy("Last day"))

    def __init__(self, *args, absent, colleagues, **kwargs):
        super().__init__(*args, **kwargs)
        self.people = {str(member.pk): member for member in (*absent, *colleagues)}
        self.fields["member"].choices = _choices(absent)
        self.fields["substitute"].choices = [("", "–"), *_choices(colleagues)]
        if len(absent) == 1:
            self.fields["member"].disabled = True
            self.initial["member"] = str(absent[0].pk)

    def people_chosen(self) -> dict:
        """Return both people as the action takes them."""
        return {name: self.people[self.cleaned_data[name]] for name in ("member", "substitute")}


def _choices(members) -> list[tuple[str, str]]:
    return [(str(member.pk), str(member)) for member in members]


class _SubstitutionPage(FormPage):
    form_class = SubstitutionForm
    menu = "substitutions"

    def crumbs(self):
        return [Crumb(TITLE, reverse("substitutions"))]

    def act(self, form):
        data = form.cleaned_data
        people = form.people_chosen()
        require_may_enter(self.request.user, people["member"])
        return substitute_member(
            **people,
            first_day=data["first_day"],
            last_day=data["last_day"],
            substitution=getattr(self, "target", None),
            by=self.request.user,
        )


class EnterSubstitution(_SubstitutionPage):
    """Enter who stands in for oneself, or for somebody whom one leads."""

    permission_required = "contracts.add_substitution"
    title = gettext_lazy("Enter a substitution")

    def get_form_kwargs(self):
        user = self.request.user
        houses = [
            each.organisation
            for each in memberships_of(user)
            if each.grants(self.permission_required)
        ]
        colleagues = list(_active().filter(organisation__in=houses))
        entered = set(absences_entered_by(user).values_list("pk", flat=True))
        absent = [member for member in colleagues if member.pk in entered]
        return super().get_form_kwargs() | {"absent": absent, "colleagues": colleagues}

    def get_initial(self):
        own = [each.member for each in memberships_of(self.request.user)]
        wanted = self.request.GET.get("member", "")
        first = str(own[0]) if own else ""
        return {"member": wanted or first, "first_day": timezone.localdate()}


class ChangeSubstitution(_SubstitutionPage, ObjectFormPage):
    """Change who stands in, or until when; or take it back."""

    model = Substitution
    permission_required = "contracts.change_substitution"
    template_name = "contracts/substitution.html"
    title = gettext_lazy("Substitution")

    def get_title(self):
        """Return the heading: whose absence it is."""
        return _("Substitution for %(member)s") % {"member": self.target.member}

    def get_queryset(self):
        return super().get_queryset().select_related("member__user", "substitute__user")

    def guarded(self):
        return self.target

    def get_form_kwargs(self):
        colleagues = list(_active().filter(organisation=self.target.member.organisation_id))
        if self.target.substitute not in colleagues:
            colleagues.append(self.target.substitute)
        return super().get_form_kwargs() | {
            "absent": [self.target.member],
            "colleagues": colleagues,
        }

    def get_initial(self):
        names = ("first_day", "last_day")
        values = {name: getattr(self.target, name) for name in names}
        return values | {"substitute": str(self.target.substitute_id)}


class WithdrawSubstitution(ObjectFormPage):
    """Take a substitution back."""

    model = Substitution
    permission_required = "contracts.change_substitution"
    title = gettext_lazy("Withdraw substitution")

    def get_title(self):
        """Return the heading: whose absence it is."""
        return _("Withdraw the substitution for %(member)s") % {"member": self.target.member}

    button = gettext_lazy("Withdraw")
    warning = gettext_lazy("From now on nobody finds the absent person's work beside their own.")
    menu = "substitutions"

    def crumbs(self):
        return [Crumb(TITLE, reverse("substitutions"))]

    def act(self, form):
        require_may_enter(self.request.user, self.target.member)
        return withdraw_substitution(self.target, by=self.request.user)

    def done(self, result):
        return _("The substitution is withdrawn.")


def require_may_enter(user, member: Member) -> None:
    """Raise ValidationError unless the person enters who stands in for this member."""
    if not absences_entered_by(user).filter(pk=member.pk).exists():
        raise ValidationError(
            _(
                "Who stands in for %(member)s is entered by themselves, by the lead of their team, "
                "or by the administration."
            ),
            params={"member": member},
        )


def substitution_entries(user) -> list[WaitingEntry]:
    """For whom the person stands in today, and who stands in for them, who is back first."""
    own = [each.member for each in memberships_of(user)]
    rows = Substitution.objects.visible_to(user).in_force_on(timezone.localdate()).of(own)
    return [
        WaitingEntry(
            title=str(row.member) if row.substitute_id in own else str(row.substitute),
            url=reverse("substitution-change", args=[row.pk]),
            note=(
                _("you stand in until the day named")
                if row.substitute_id in own
                else _("stands in for you until the day named")
            ),
            day=row.last_day,
        )
        for row in rows.select_related("member__user", "substitute__user").order_by("last_day")[:8]
    ]


def _active():
    rows = Member.objects.filter(active=True, user__is_active=True).select_related("user")
    return rows.order_by("user__last_name", "user__first_name", "user__username")
