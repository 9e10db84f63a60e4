"""One case on one page."""

from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.views.file_openings import WhyPage
from base.workspace.views import Crumb, DetailPage
from cms.totals import case_totals
from contracts.models import Substitution
from contracts.reach import memberships_of
from forms.booking import can_record_for, described
from forms.handing_over import may_hand_over
from forms.letters import may_write
from forms.models import SIDES, Case, CaseOwner, CaseStatus, ClientContact
from forms.month_sums import NEEDED
from forms.overview import overview_of
from forms.person_limits import person_limits
from forms.phases import gated_phases, phases_of
from forms.plan_months import plan_months
from forms.usage import catalogue_contents
from forms.views.calendar import may_add, next_appointment
from forms.views.case_deadlines import deadlines_shown
from forms.views.cases import TONES
from forms.views.shared import IDENTITY, NUMBERS_SEEN, names_known_to, today

RECENT, MOST_RECORDS = 5, 200


class CaseWhy(WhyPage):
    """Why somebody who is not responsible for a case opens what lies in it."""

    model = Case
    permission_required = "forms.view_case"
    menu = "cases"

    @property
    def name(self):
        return _("Case %s") % self.target.number

    def crumbs(self):
        return [Crumb(_("Cases"), reverse("cases"))]


class CasePage(DetailPage):
    """One case on one page."""

    model = Case
    permission_required = "forms.view_case"
    template_name = "forms/case.html"
    menu = "cases"
    own_tabs = (
        ("records", gettext_lazy("Service records"), "forms/case_records.html"),
        ("course", gettext_lazy("Course of the case"), "forms/case_course.html"),
    )

    def get_queryset(self):
        return super().get_queryset().joined("client__identity", "contract__provider")

    def get_title(self):
        return _("Case %s") % self.object.number

    def crumbs(self):
        return [Crumb(_("Cases"), reverse("cases"))]

    def get_context_data(self, **kwargs):
        user = self.request.user
        case, day = self.object, today()
        names = user.has_perm(IDENTITY, case)
        where = overview_of([case], day, names=names_known_to(user))[case.pk]
        placement = placement_shown(case, day)
        until = case.closed_since(day) or day
        return super().get_context_data(
            case=case,
            where=where,
            status_tone=TONES[where.status],
            sees_name=names,
            identity=getattr(case.client, "identity", None) if names else None,
            contact=contact_shown(user, case),
            sees_numbers=user.has_perm(NUMBERS_SEEN, case),
            deadlines=deadlines_shown(case),
            placement=placement,
            phases=phases_of(case, day),
            months=plan_months(case, until),
            is_mine=in_own_month(user, case, day),
            person_limits=person_limits(case, until),
            days_running=(until - case.assigned_on).days,
            recent=records_shown(case, RECENT),
            record_count=case.service_records.count(),
            is_closed=where.status == CaseStatus.Status.CLOSED,
            can_change=user.has_perm("forms.change_case", case),
            can_record=can_record_for(user, case),
            can_hand_over=may_hand_over(user, case, CaseOwner, day) is not None,
            stands_in=standing_in(user, case, day),
            can_write=may_write(user, case) is not None,
            can_plan=may_add(user, case),
            next_appointment=next_appointment(user, case),
            **kwargs,
        )

    def tab_records(self):
        """The records, newest first; more on demand."""
        return {
            "records": records_shown(self.object, MOST_RECORDS),
            "record_count": self.object.service_records.count(),
        }

    def tab_course(self):
        """The dated rows of the case."""
        case = self.object
        placements = case.placements.select_related("catalogue_edition__catalogue")
        owners = case.owners.select_related("team", "caseworker__user")
        people = case.responsibilities.select_related("team", "counsellor__user")
        contents = catalogue_contents({row.catalogue_edition_id for row in placements})
        return {
            "placements": [
                (row, _group_title(contents[row.catalogue_edition_id], row))
                for row in placements.order_by("-valid_from")
            ],
            "statuses": case.statuses.order_by("-valid_from"),
            "owners": owners.order_by("-valid_from"),
            "responsibilities": people.order_by("-valid_from"),
            "plans": case.support_plans.order_by("-valid_from"),
            "agreements": _agreements(case),
        }


def in_own_month(user, case: Case, day: date) -> bool:
    """Whether the case stands in the month of the reader's own cases."""
    own = [each.member for each in memberships_of(user) if each.grants(*NEEDED)]
    return bool(own) and Case.objects.filter(pk=case.pk).looked_after_by(own, day).exists()


def contact_shown(user, case: Case) -> ClientContact | None:
    """Return how the client is reached, to whoever may know it."""
    if not user.has_perm("forms.view_clientcontact", case):
        return None
    return ClientContact.objects.filter(client=case.client_id).first()


def standing_in(user, case: Case, day: date) -> dict[str, Substitution | None]:
    """Return who stands in today for those responsible, by side; where the reader works."""
    found = dict.fromkeys(side.person for side in SIDES)
    for side in SIDES:
        row = side.objects.filter(case=case.pk, valid_from__lte=day).order_by("-valid_from").first()
        rows = Substitution.objects.visible_to(user).in_force_on(day)
        away = row and rows.filter(member=getattr(row, f"{side.person}_id"))
        if away and (one := away.select_related("substitute__user").first()):
            found[side.person] = one
    return found


def records_shown(case: Case, most: int) -> list:
    """Return the case's newest records with the words for their kinds, modules and complexes."""
    rows = case.service_records.select_related("counsellor__user").order_by("-day", "-pk")
    return described(list(rows[:most]))


def _agreements(case: Case) -> list[tuple]:
    """Return agreements on phases with what the phases are called, the newest first."""
    labels = {phase.key: phase.label for phase in gated_phases(case)}
    rows = case.phase_agreements.order_by("-agreed_on", "phase")
    return [(row, labels.get(row.phase, row.phase)) for row in rows]


def _group_title(content, placement) -> str:
    group = next((g for g in content.need_groups if g.key == placement.need_group), None)
    return f"{group.code} {group.title}" if group else placement.need_group


def placement_shown(case: Case, day: date) -> dict | None:
    """Return what a page says about the placement in force: group, combination, totals."""
    row = case.placements.filter(valid_from__lte=day).order_by("-valid_from").first()
    if row is None:
        return None
    content = catalogue_contents([row.catalogue_edition_id])[row.catalogue_edition_id]
    group = content.need_group(row.need_group)
    combination = next(c for c in group.combinations if c.key == row.combination)
    return {
        "row": row,
        "edition": row.catalogue_edition,
        "group": group,
        "combination": combination,
        "total": case_totals(content, row),
    }
