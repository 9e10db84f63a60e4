"""How cases, clients, service records and forms are told in the trail.

Names stand with the client's identity alone: who may not read them sees that they changed. What
forms say is told by the group of each field; drafts are told to those who write them.
"""

from django.db.models import Q

from base.formats import in_words
from base.trail.registry import ALL_VALUES, Told, ToldContent, register, register_finder
from forms.comparison import compare_forms
from forms.field_rules import answers_told, may_read_answer
from forms.models import (
    Case,
    CasePlacement,
    CaseResponsibility,
    CaseStatus,
    Client,
    ClientIdentity,
    FilledForm,
    FormAnswer,
    FormDefinition,
    ServiceRecord,
    SupportPlan,
)

CASES = "forms.view_case"
IDENTITY = "forms.view_clientidentity"
WRITERS = "forms.change_filledform"


def _form(version, read) -> str:
    return f"{read('case')}/F{version.sequence} ({version.version})"


def _handed_in(rows, user):
    """Leave out drafts, which are the writers' alone."""
    return rows if user.has_perm(WRITERS) else rows.filter(status=FilledForm.Status.SUBMITTED)


register(
    ToldContent(draft=FormDefinition, permission="forms.view_formedition", compare=compare_forms),
    Told(model=Case, title="{number}", search=("number",)),
    Told(
        model=CasePlacement,
        permission=CASES,
        title="{case} · {need_group} ({valid_from})",
        read={"combination": in_words},
    ),
    Told(model=SupportPlan, permission=CASES, title="{case} ({valid_from})"),
    Told(model=CaseResponsibility, permission=CASES, title="{case} · {team} ({valid_from})"),
    Told(model=CaseStatus, permission=CASES, title="{case} · {status} ({valid_from})"),
    Told(
        model=Client,
        permission=CASES,
        title="{key}",
        belongs={Case: lambda case: Q(id=case.client_id)},
    ),
    Told(
        model=ClientIdentity,
        permission=CASES,
        title="{client}",
        values={ALL_VALUES: IDENTITY, "client": ""},
        belongs={Case: lambda case: Q(client_id=case.client_id)},
    ),
    Told(
        model=ServiceRecord,
        title="{reference} · {case}",
        silent=frozenset({"contract"}),
    ),
    Told(
        model=FilledForm,
        title=_form,
        rows=_handed_in,
        silent=frozenset({"revision", "saved_by", "saved_at", "supersedes"}),
    ),
    Told(
        model=FormAnswer,
        permission="forms.view_filledform",
        title="{field}",
        rows=answers_told,
        values={"value": may_read_answer},
        silent=frozenset({"revision", "filled_form"}),
        joined=("field", "filled_form__case__contract"),
        belongs={Case: lambda case: Q(filled_form__case_id=case.pk)},
    ),
)


@register_finder
def cases_numbered(user, number: str):
    """Return the case of that number."""
    return Case.objects.visible_to(user).filter(number__iexact=number)


@register_finder
def records_referred_to(user, number: str):
    """Return the service records of that reference, which each contract may have given once."""
    return ServiceRecord.objects.visible_to(user).filter(reference=number)
