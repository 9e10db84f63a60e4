"""How cases, clients, records, appointments and forms are told in the trail; what numbers name.

Names stand with the client's identity alone: who may not read them sees that they changed. What
forms say is told by the group of each field; drafts are told to those who write them.
"""

from django.db.models import Q

from base.trail.registry import (
    ALL_VALUES,
    Told,
    ToldContent,
    closest,
    register,
    register_finder,
    told,
)
from contracts.trail import referred_to
from forms.calendar_rights import keeps
from forms.comparison import compare_forms
from forms.field_rules import answers_told, may_read_answer, rules_of
from forms.models import (
    Appointment,
    AppointmentMember,
    AppointmentResource,
    AppointmentSeries,
    CalendarFeed,
    Case,
    CaseOwner,
    CasePlacement,
    CaseResponsibility,
    CaseStatus,
    Client,
    ClientContact,
    ClientIdentity,
    Deadline,
    FilledForm,
    FormAnswer,
    FormDefinition,
    GroupSession,
    PhaseAgreement,
    RecordReason,
    RecordSignature,
    Resource,
    ServiceRecord,
    SupportPlan,
)
from forms.models.client import NUMBERS
from forms.models.record_signature import DRAWING
from forms.phases import titles_of_agreements
from forms.titles import titles_of_answers, titles_of_placements, titles_of_records

CASES = "forms.view_case"
RECORDS = "forms.view_servicerecord"
IDENTITY = "forms.view_clientidentity"
CONTACT = "forms.view_clientcontact"
OFFICE = "forms.view_clientnumbers"
REASON = "forms.read_reason"
TOPIC = "forms.read_topic"
APPOINTMENTS = "forms.view_appointment"


def _form(version, read) -> str:
    correction = f" ({version.version})" if version.version > 1 else ""
    return f"{read('case')}/F{version.sequence}{correction}"


def _handed_in(rows, user):
    """Leave out drafts, which are the writers' alone."""
    written = Q(case__contract__provider__in=rules_of(user).writes_for())
    return rows.filter(written | Q(status=FilledForm.Status.SUBMITTED))


register(
    ToldContent(
        draft=FormDefinition,
        permission="forms.view_formedition",
        compare=compare_forms,
        page="form-edition",
    ),
    Told(model=Case, title="{number}"),
    Told(
        model=CasePlacement,
        permission=CASES,
        title="{case} · {need_group} ({valid_from})",
        titles=titles_of_placements,
    ),
    Told(
        model=PhaseAgreement,
        permission=CASES,
        title="{case} · {phase} ({agreed_on})",
        titles=titles_of_agreements,
    ),
    Told(model=SupportPlan, permission=CASES, title="{case} ({valid_from})"),
    Told(model=CaseOwner, permission=CASES, title="{case} · {team} ({valid_from})"),
    Told(model=CaseResponsibility, permission=CASES, title="{case} · {team} ({valid_from})"),
    Told(model=CaseStatus, permission=CASES, title="{case} · {status} ({valid_from})"),
    Told(
        model=Deadline,
        permission=CASES,
        title="{case} · {standard}",
        silent=frozenset({"starts"}),
    ),
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
        model=ClientContact,
        permission=CASES,
        title="{client}",
        values={ALL_VALUES: CONTACT, "client": ""} | dict.fromkeys(NUMBERS, OFFICE),
        belongs={Case: lambda case: Q(client_id=case.client_id)},
    ),
    Told(
        model=RecordReason,
        permission="forms.view_servicerecord",
        title="{label}",
        search=("label",),
    ),
    Told(
        model=ServiceRecord,
        reason=REASON,
        values={"topic": TOPIC},
        title="{reference} · {case}",
        chosen={"chosen_reason": "label"},
        silent=frozenset({"contract"}),
        titles=titles_of_records,
    ),
    Told(
        model=RecordSignature,
        permission=RECORDS,
        title="{record} ({version})",
        values={"paper": DRAWING, "why": DRAWING},
        silent=frozenset({"strokes", "entered_by", "entered_at"}),
    ),
    Told(
        model=GroupSession,
        permission=RECORDS,
        reason=REASON,
        title="{key} · {day}",
        silent=frozenset({"token"}),
    ),
    Told(
        model=Appointment,
        title="{kind} · {begins}",
        values={"note": keeps, "reason": keeps},
        silent=frozenset({"reference"}),
        belongs={Case: lambda case: Q(case_id=case.pk)},
    ),
    Told(
        model=AppointmentMember,
        permission=APPOINTMENTS,
        title="{appointment} · {member}",
    ),
    Told(
        model=AppointmentResource,
        permission=APPOINTMENTS,
        title="{appointment} · {resource}",
    ),
    Told(model=AppointmentSeries, permission=APPOINTMENTS, title="{first} – {until}"),
    Told(model=Resource, title="{name}"),
    Told(
        model=CalendarFeed,
        permission=APPOINTMENTS,
        title="{member}",
        silent=frozenset({"prefix"}),
    ),
    Told(
        model=FilledForm,
        reason=REASON,
        title=_form,
        rows=_handed_in,
        silent=frozenset({"revision", "saved_by", "saved_at", "supersedes"}),
    ),
    Told(
        model=FormAnswer,
        reason=REASON,
        permission="forms.view_filledform",
        title=lambda version, _read: version.filled_form.reference,
        line_of="filled_form",
        line="field",
        rows=answers_told,
        values={"value": may_read_answer},
        titles=titles_of_answers,
        silent=frozenset({"revision", "filled_form"}),
        joined=("field", "filled_form__case__contract"),
        belongs={Case: lambda case: Q(filled_form__case_id=case.pk)},
    ),
)


@register_finder
def cases_numbered(user, text: str):
    """Return the cases of that number, else those whose number contains the text."""
    if not user.has_perm(CASES):
        return ()
    return closest(Case.objects.visible_to(user), "number", text)


@register_finder
def records_referred_to(user, text: str):
    """Return the service records of that reference, which each contract gives once."""
    if not user.has_perm(told(ServiceRecord).needed):
        return ()
    return referred_to(ServiceRecord, user, text)
