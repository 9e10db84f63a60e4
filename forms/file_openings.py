"""Who is responsible for a case, and opens its file without being asked why.

On both sides a dated row says so: the person whom the row of today names, and who leads the team
that it names. Whoever stands in for that person counts as them, in the same kind of work;
colleagues of the same team who do so without it having been entered say so.

Where no row names a caseworker, it is whoever assigned the case or decided something in it; where
nobody of those who are still here has, as in cases taken over from files, every caseworker of the
commissioning body.

Managers, finance, auditors and directors look at a case for a purpose of their own, and name it.
"""

from django.db.models import Exists, OuterRef
from django.utils import timezone

from base.history import history_model
from base.workspace.file_openings import Kept, keep
from contracts.models import Member
from contracts.models.organisation import TeamMembership
from contracts.reach import Membership, memberships_of
from contracts.rights import CASEWORK
from contracts.standing_in import stood_in_for_by
from forms.handing_over import LEADING, WORKING, side_of
from forms.models import (
    Case,
    CasePlacement,
    CaseResponsibility,
    CaseStatus,
    ClientContact,
    ClientIdentity,
    FilledForm,
    FormAnswer,
    PhaseAgreement,
    Responsible,
    SupportPlan,
)

DECIDED = (CasePlacement, SupportPlan, CaseResponsibility, CaseStatus, PhaseAgreement)
"""Rows of a case whose history names who decides in it."""


def is_responsible(case: Case, user) -> bool:
    """Whether a person is responsible for a case today, in one of their memberships."""
    return any(_is_responsible(case, each, user) for each in memberships_of(user))


def _is_responsible(case: Case, membership: Membership, user) -> bool:
    side = side_of(membership)
    if membership.organisation != side.organisation_in(case.contract):
        return False
    working, leading = WORKING[side], LEADING[side]
    if not membership.roles & working:
        return False
    named = _named(case, side, user)
    if named is None:
        return side is CaseResponsibility or _decides(case, membership, user)
    person, in_team = named
    own = {membership.member, *stood_in_for_by(membership, user, timezone.localdate())}
    return person in own or (in_team and leading in membership.roles)


def _named(case: Case, side: type[Responsible], user) -> tuple[int, bool] | None:
    """Return the member whom the row in force names, and whether the person is in its team."""
    in_team = TeamMembership.objects.filter(team=OuterRef("team"), member__user=user.pk)
    rows = side.objects.filter(case=case.pk).annotate(in_team=Exists(in_team))
    rows = rows.values_list(side.person, "in_team")
    # Before the first row's day, whoever it names prepares the case.
    row = rows.filter(valid_from__lte=timezone.localdate()).order_by("-valid_from").first()
    return row or rows.order_by("valid_from").first()


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
    return not any(
        CASEWORK.intersection(roles) for roles in deciding.values_list("roles", flat=True)
    )


def _case_of_client(identity: ClientIdentity | ClientContact, user) -> Case:
    """Return the newest of a client's cases that the person is responsible for, or may see."""
    cases = list(Case.objects.visible_to(user).filter(client=identity.client_id).order_by("-pk"))
    return next((case for case in cases if is_responsible(case, user)), cases[0])


PAGE = "case-why"

for _model, _file, _title in (
    (Case, lambda case, _user: case, str),
    (FilledForm, lambda form, _user: form.case, str),
    (FormAnswer, lambda answer, _user: answer.filled_form.case, lambda row: str(row.filled_form)),
    (ClientIdentity, _case_of_client, lambda identity: identity.client.key),
    (ClientContact, _case_of_client, lambda contact: contact.client.key),
):
    keep(_model, Kept(file=_file, responsible=is_responsible, page=PAGE, title=_title))
