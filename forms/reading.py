"""Who is responsible for a case, and opens its file without being asked why.

On the provider's side a dated row says so: the counsellor whom the row of today names, and who
leads the team that it names. Colleagues of the same team stand in, and say so.

No row names a caseworker. On the commissioning side it is whoever assigned the case or decided
something in it; where nobody of those who are still here has, as in cases taken over from files,
every caseworker of the commissioning body.

Managers, finance, auditors and directors look at a case for a purpose of their own, and name it.
"""

from django.db.models import Exists, OuterRef
from django.utils import timezone

from base.history import history_model
from base.workspace.reading import Kept, keep
from contracts.models import Member
from contracts.models.organisation import Membership, Role, TeamMembership, memberships_of
from forms.models import (
    Case,
    CasePlacement,
    CaseResponsibility,
    CaseStatus,
    ClientIdentity,
    FilledForm,
    FormAnswer,
    PhaseAgreement,
    SupportPlan,
)

DECIDED = (CasePlacement, SupportPlan, CaseResponsibility, CaseStatus, PhaseAgreement)
"""Rows of a case whose history names who decides in it."""


def is_responsible(case: Case, user) -> bool:
    """Whether a person is responsible for a case today, in one of their memberships."""
    contract, day = case.contract, timezone.localdate()
    for each in memberships_of(user):
        if each.organisation == contract.provider_id and not each.in_body:
            if _counsels(case, each, user, day):
                return True
        elif each.organisation == contract.commissioning_body_id and each.in_body:
            if Role.CASEWORKER in each.roles and _decides(case, each, user):
                return True
    return False


def _counsels(case: Case, membership: Membership, user, day) -> bool:
    """Whether the row in force names the person, or the team that they lead."""
    leads = TeamMembership.objects.filter(team=OuterRef("team"), member__user=user.pk)
    rows = case.responsibilities.annotate(in_team=Exists(leads)).values_list(
        "counsellor__user", "in_team"
    )
    # Before the first row's day, whoever it names prepares the case.
    row = rows.filter(valid_from__lte=day).order_by("-valid_from").first()
    row = row or rows.order_by("valid_from").first()
    if row is None:
        return True
    counsellor, in_team = row
    return counsellor == user.pk or (in_team and Role.PROVIDER_LEAD in membership.roles)


def _decides(case: Case, membership: Membership, user) -> bool:
    """Whether the person decided something in the case, or nobody who could be asked did."""
    histories = [
        history_model(model).objects.filter(case=case.pk).order_by().values_list("history_user_id")
        for model in DECIDED
    ]
    own = history_model(Case).objects.filter(id=case.pk).order_by().values_list("history_user_id")
    # The order of a union is its own: that of its first model, unless none is asked for.
    people = {person for (person,) in own.union(*histories).order_by() if person is not None}
    if user.pk in people:
        return True
    deciding = Member.objects.filter(
        user__in=people, organisation=membership.organisation, active=True
    )
    return not any(Role.CASEWORKER in roles for roles in deciding.values_list("roles", flat=True))


def _case_of_client(identity: ClientIdentity, user) -> Case:
    """Return the newest of a client's cases that the person is responsible for, or may see."""
    cases = list(Case.objects.visible_to(user).filter(client=identity.client_id).order_by("-pk"))
    return next((case for case in cases if is_responsible(case, user)), cases[0])


PAGE = "case-why"

for _model, _file, _title in (
    (Case, lambda case, _user: case, str),
    (FilledForm, lambda form, _user: form.case, str),
    (FormAnswer, lambda answer, _user: answer.filled_form.case, lambda row: str(row.filled_form)),
    (ClientIdentity, _case_of_client, lambda identity: identity.client.key),
):
    keep(_model, Kept(file=_file, responsible=is_responsible, page=PAGE, title=_title))
