"""Every day that ends something is not before its beginning; a later column is seen by itself."""

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, models
from pydantic import BaseModel
from pydantic import ValidationError as ContentError

from base.acting import acting_as
from base.content import Refusal
from base.ends import Ends, NotAhead, NotBefore
from base.history import HistoryRow
from cms.content.page import AppointmentPart
from contracts.content import AgreedTerm
from contracts.content.annexes import CatalogueAnnex
from forms.models import Case, SupportPlan
from tests.factories import contract_content

DAY = date(2024, 3, 1)
BEFORE = DAY - timedelta(days=1)

DAYS_OF_THEIR_OWN = {
    "applies_from": "From it on an edition applies; rules of amendments ask it of the end.",
    "birth_date": "Ends nothing.",
    "day": "A day of work or cost: rules of records, and whether the contract is in force.",
    "due_on": "Computed from what is agreed.",
    "paid_on": "May lie before, in and after the time that is paid for; not in a closed year.",
    "signed_on": "Ends nothing: a paper may be signed before it is presented, or after.",
    "valid_from": "A row that is followed by the next one; those of cases are NotBefore.",
}
"""Columns of whatever model that end nothing, by name."""

ASKED_ELSEWHERE = {
    "cms.EditionAppointment.first": "Of the content, which asks it: AppointmentPart.",
    "cms.EditionAppointment.last": "Of the content, which asks it: AppointmentPart.",
    "contracts.ApiToken.expires_on": "From the day on which it is given on: give_api_token.",
    "contracts.Notice.ends_on": "Not before the first day of the contract's editions: give_notice.",
    "forms.Appointment.occurrence": "The day its series has it on; what is moved may be earlier.",
    "forms.Deadline.ended_on": "The day of what ended it.",
    "forms.Deadline.extended_to": "Not before the day of the rule: extend_deadline.",
    "forms.Deadline.lead_on": "Computed from what is agreed.",
    "forms.Deadline.ruled_on": "Computed from what is agreed.",
    "forms.Deadline.started_on": "The day of its event; one that is typed, enter_event asks.",
    "forms.Deadline.target_on": "Computed from what is agreed.",
    "forms.RecordReason.until": "A reason has no first day; records ask by their own day.",
    "jobs.Assessment.submitted_on": "Dated by the action on the day on which it is submitted.",
    "jobs.Reply.submitted_on": "Dated by the action on the day on which it is submitted.",
    "contracts.ChangeMark.first": "Of the row that was written, by a trigger.",
    "contracts.ChangeMark.last": "Of the row that was written, by a trigger.",
    "jobs.ComputedPeriod.period_first": "Of the statement that was computed.",
    "jobs.ComputedPeriod.period_last": "Of the statement that was computed.",
    "jobs.ComputedPeriod.reads_from": "Of the computation: not after the period's first day.",
    "jobs.ComputedPeriod.forgotten_on": "Dated by the sample that found it.",
}
MOMENTS = {
    "closed_at": "Dated by the clock; a check of its table asks it all the same.",
    "confirmed_at": "Dated by the clock when somebody confirms.",
    "ended_at": "Dated by the clock when what was presented or proposed comes to an end.",
    "expire_at": "Wagtail's own, which asks it of the day of publishing; editions do not expire.",
    "finished_at": "Dated by the clock of the database.",
    "submitted_at": "Dated by the clock when it is submitted.",
    "withdrawn_at": "Dated by the clock when an account that waits is taken back.",
}
"""Points in time with a name that says an end; no action takes them from a person."""

ENDING = re.compile(r"until|end(s|ed)?_|_ends|closed|finished|submitted|confirmed|withdrawn|expire")


DONE = re.compile(
    r"(agreed|birth|closed|issued|paid|received|released|reopened|signed|submitted|withdrawn)_"
)
"""Columns with a day on which something was done, by the word for it."""

DONE_ELSEWHERE = {
    "forms.Case.closed_on": "Follows from its statuses, which may be said for a day ahead.",
    "jobs.Assessment.submitted_on": "Dated by the action on the day on which it is submitted.",
    "jobs.Reply.submitted_on": "Dated by the action on the day on which it is submitted.",
    "jobs.Statement.issued_on": "Sealed; the action that issues it asks.",
    "jobs.Statement.released_on": "Dated by the action on the day on which it is released.",
}


def own_models():
    for model in apps.get_models():
        if model._meta.app_label in settings.FALLWERK_APPS and not issubclass(model, HistoryRow):
            yield model


def declared(kind):
    """All declarations of a kind, by model."""
    return [
        pytest.param(model, each, id=f"{model._meta.label}.{each.name}")
        for model in own_models()
        for each in model._meta.constraints
        if isinstance(each, kind)
    ]


def test_every_day_is_asked_of_a_beginning_or_ends_nothing():
    left, moments = set(), set()
    for model in own_models():
        rules = [each for each in model._meta.constraints if isinstance(each, (Ends, NotBefore))]
        asked = {each.ends for each in rules if isinstance(each, Ends)}
        asked |= {each.begins for each in rules if isinstance(each, Ends)}
        asked |= {each.column for each in rules if isinstance(each, NotBefore)}
        for field in model._meta.concrete_fields:
            label = f"{model._meta.label}.{field.name}"
            if isinstance(field, models.DateTimeField):
                moments |= {field.name} if ENDING.search(field.name) else set()
            elif isinstance(field, models.DateField) and field.name not in asked:
                left |= set() if field.name in DAYS_OF_THEIR_OWN else {label}
    assert left == set(ASKED_ELSEWHERE)
    assert moments == set(MOMENTS)


def test_dated_rows_of_cases_lie_in_their_case():
    """What hangs on a case and begins on a day, whatever its column is called."""
    found = {
        model._meta.label
        for model in own_models()
        for field in model._meta.concrete_fields
        if field.name == "case" and field.related_model is Case
        if {"valid_from", "agreed_on"} & {each.name for each in model._meta.concrete_fields}
    }
    assert found == {param.values[0]._meta.label for param in declared(NotBefore)}


@pytest.mark.parametrize(("model", "rule"), declared(Ends))
def test_an_end_before_its_beginning_is_refused_by_its_model(model, rule):
    for ends, begins, refused in [
        (BEFORE, DAY, True), (DAY, DAY, False), (None, DAY, False), (DAY, None, False),
    ]:  # fmt: skip
        row = model(**{rule.ends: ends, rule.begins: begins})
        if not refused:
            assert rule.validate(model, row) is None
            continue
        with pytest.raises(ValidationError) as told:
            rule.validate(model, row)
        (problem,) = told.value.error_dict[rule.ends]
        assert (problem.params["day"], problem.params["first"]) == (BEFORE, DAY)


@pytest.mark.django_db
@pytest.mark.parametrize(("model", "rule"), declared(Ends))
def test_the_database_knows_it_too(model, rule):
    with connection.cursor() as cursor:
        table = connection.introspection.get_constraints(cursor, model._meta.db_table)
    columns = {model._meta.get_field(name).column for name in (rule.ends, rule.begins)}
    assert table[rule.name]["check"]
    assert set(table[rule.name]["columns"]) == columns


@pytest.mark.parametrize(("model", "rule"), declared(NotBefore))
def test_nothing_about_a_case_begins_before_it(model, rule):
    row = model(case=Case(assigned_on=DAY), **{rule.column: BEFORE})
    with pytest.raises(ValidationError) as told:
        rule.validate(model, row)
    assert list(told.value.error_dict) == [rule.column]
    setattr(row, rule.column, DAY)
    assert rule.validate(model, row) is None


def test_every_day_on_which_something_was_done_lies_behind():
    asked = {(param.values[0]._meta.label, param.values[1].column) for param in declared(NotAhead)}
    left = {
        f"{model._meta.label}.{field.name}"
        for model in own_models()
        for field in model._meta.concrete_fields
        if type(field) is models.DateField and DONE.match(field.name)
        if (model._meta.label, field.name) not in asked
    }
    assert left == set(DONE_ELSEWHERE)


@pytest.mark.parametrize(("model", "rule"), declared(NotAhead))
def test_a_day_to_come_is_refused_in_berlin_time(model, rule):
    """At half past midnight in Berlin it is the evening before in London."""
    with acting_as(None, at=datetime(2024, 3, 1, 0, 30, tzinfo=ZoneInfo("Europe/Berlin"))):
        for day in (None, BEFORE, DAY):
            assert rule.validate(model, model(**{rule.column: day})) is None
        row = model(**{rule.column: DAY + timedelta(days=1)})
        with pytest.raises(ValidationError) as told:
            rule.validate(model, row)
        (problem,) = told.value.error_dict[rule.column]
        assert problem.params == {"day": DAY + timedelta(days=1), "today": DAY}
        assert rule.validate(model, row, exclude={rule.column}) is None


def test_forms_that_leave_a_column_out_are_not_told_of_it():
    (rule,) = [each for each in SupportPlan._meta.constraints if isinstance(each, Ends)]
    row = SupportPlan(valid_from=DAY, valid_until=BEFORE)
    assert rule.validate(SupportPlan, row, exclude={"valid_until"}) is None


# --- what is written in the studio ----------------------------------------------------------------

CONTENT_ENDS = {
    "Annex.valid_until": "valid_from",
    "Terms.valid_until": "valid_from",
    "AgreedTerm.first_ends": "begins",
    "AppointmentPart.last": "first",
}
CONTENT_DAYS = {"first", "valid_from", "begins", "signed_on", "holidays", "working_days"}


def content_days():
    """Every day in the schemas of contracts, catalogues, descriptions and forms."""
    classes = [BaseModel]
    for each in classes:
        classes += [sub for sub in each.__subclasses__() if sub not in classes]
    for each in classes:
        if re.match(r"(cms|contracts|forms)\.(content|billing)", each.__module__):
            for name, field in each.model_fields.items():
                if "datetime.date" in str(field.annotation):
                    owner = next(
                        base for base in reversed(each.__mro__) if name in _own_fields(base)
                    )
                    yield f"{owner.__name__}.{name}"


def _own_fields(base) -> dict:
    return getattr(base, "model_fields", {}) if base is not BaseModel else {}


def test_every_day_of_a_schema_is_known():
    found = set(content_days())
    ends = {each for each in found if each.partition(".")[2] not in CONTENT_DAYS}
    assert ends == set(CONTENT_ENDS)


def test_schemas_refuse_an_end_before_its_beginning():
    annex = {"key": "a", "label": "A", "kind": "catalogue", "source": "a", "edition": 1}
    hours = contract_content().remuneration[0]
    for schema, given in [
        (CatalogueAnnex, annex | {"valid_from": DAY, "valid_until": BEFORE}),
        (type(hours), hours.model_dump() | {"valid_from": DAY, "valid_until": BEFORE}),
        (AgreedTerm, {"begins": DAY, "first_ends": BEFORE}),
        (AppointmentPart, {"first": DAY, "last": BEFORE, "place": "Room 1"}),
    ]:
        with pytest.raises((ContentError, Refusal)):
            schema.model_validate(given)


def test_reasons_are_sentences():
    lists = DAYS_OF_THEIR_OWN | ASKED_ELSEWHERE | MOMENTS | DONE_ELSEWHERE
    assert [key for key, reason in lists.items() if not reason.endswith(".")] == []
