"""Who reads which values of forms: by the group of the field (decision 10).

What is said in counselling stays with the provider's counsellors. The Jobcenter's caseworkers
read who it is about, dates, attendance and next steps; all others dates and attendance. Whoever
may not read a value sees that there is one, never which: on pages, in history, documents, exports.
"""

from django.db.models import Exists, OuterRef, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contracts.reach import Membership, is_member, memberships_of
from contracts.roles import Role
from forms.content import GROUPS
from forms.models import FilledForm, FormAnswer
from forms.models.filled_form import FilledFormQuerySet

MASK: Promise = _("filled in")
"""Stands for a value that is there and not for this reader."""

OF_PROVIDER: dict[str, frozenset[str]] = {
    Role.COUNSELLOR: GROUPS,
    Role.PROVIDER_LEAD: GROUPS,
    Role.FINANCE: frozenset({"attendance"}),
}
"""Groups that a provider's staff read, by role, in forms of the provider's own cases."""

OF_COMMISSIONING_BODY: dict[str, frozenset[str]] = {
    Role.CASEWORKER: frozenset({"person", "attendance"}),
    Role.TEAM_LEAD: frozenset({"person", "attendance"}),
    Role.MANAGER: frozenset({"attendance"}),
    Role.FINANCE: frozenset({"attendance"}),
    Role.AUDITOR: frozenset({"attendance"}),
    Role.DIRECTOR: frozenset({"attendance"}),
}
"""Groups that the commissioning body's staff read, by role. Nobody reads counselling content."""


WRITERS = frozenset({Role.COUNSELLOR, Role.PROVIDER_LEAD})
"""Roles whose drafts these are: what is not handed in was not said to anybody else."""


class FieldRules:
    """What one person reads and writes; asks the database once, whatever the number of forms.

    A role counts where it is held: who counsels for one provider reads nothing of another, and
    who administers the installation reads no values at all.
    """

    def __init__(self, user):
        self.user = user

    def _memberships(self) -> tuple[Membership, ...]:
        return memberships_of(self.user) if is_member(self.user) else ()

    def groups(self, provider: int, body: int) -> frozenset[str]:
        """Return the groups read in forms about cases of a contract, given by its parties' keys."""
        found: set[str] = set()
        for membership in self._memberships():
            if membership.organisation not in (provider, body):
                continue
            read = OF_COMMISSIONING_BODY if membership.in_body else OF_PROVIDER
            found = found.union(*(read.get(role, frozenset()) for role in membership.roles))
        return frozenset(found)

    def groups_in(self, form: FilledForm) -> frozenset[str]:
        """Return the groups read in a filled form."""
        contract = form.case.contract
        return self.groups(contract.provider_id, contract.commissioning_body_id)

    def writes_for(self) -> list[int]:
        """Return the keys of the providers for which the person fills in forms."""
        return [
            membership.organisation
            for membership in self._memberships()
            if not membership.in_body and WRITERS & membership.roles
        ]


def rules_of(user) -> FieldRules:
    """Return a person's rules; looked up once for each user object."""
    if not hasattr(user, "_field_rules"):
        user._field_rules = FieldRules(user)
    return user._field_rules


def writable_forms(user) -> FilledFormQuerySet:
    """Return the forms that the person may write: those of cases they counsel."""
    visible = FilledForm.objects.visible_to(user).with_state()
    return visible.filter(case__contract__provider__in=rules_of(user).writes_for())


def readable_forms(user) -> FilledFormQuerySet:
    """Return the forms that the person may read: what was handed in, and what they may write."""
    written = Q(case__contract__provider__in=rules_of(user).writes_for())
    submitted = Q(status=FilledForm.Status.SUBMITTED)
    return FilledForm.objects.visible_to(user).with_state().filter(written | submitted)


def masked(value: str, group: str, groups: frozenset[str]) -> str | Promise:
    """Return a value as who reads these groups gets to see it: itself, or that there is one."""
    return value if not value or group in groups else MASK


def may_read_answer(user, row) -> bool:
    """Tell whether a person may read the value of an answer, given as one of its history rows."""
    form, field = row.filled_form, row.field
    return form is not None and field.group in rules_of(user).groups_in(form)


def answers_told(rows, user):
    """Narrow history rows of answers to those a person is told of.

    Writers are told how a form was written, all others what was handed in.
    """
    key = "filled_form__case__contract__provider__in"
    written = Q(**{key: rules_of(user).writes_for()})
    newer = FormAnswer.history.filter(id=OuterRef("id"), history_id__gt=OuterRef("history_id"))
    handed_in = Q(filled_form__status=FilledForm.Status.SUBMITTED) & ~Exists(newer)
    return rows.filter(written | handed_in)
