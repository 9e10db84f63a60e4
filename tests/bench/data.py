"""What is measured on: a Jobcenter with 400 contracts by the hour, 25 cases each, many records.

Contracts are editions as the product freezes them. Cases and records are made set-based by the
database, the same each time, in the order of their days: contracts lie mixed in the table, as
they do where many providers enter records day by day. They have no history: only documents read
it, and get it first.
"""

from copy import copy
from datetime import date
from decimal import Decimal

from django.db import connection, models, transaction
from django.utils import timezone

from base.history import history_model
from base.immutability import opened_gate
from base.seals import seal_of
from cms.models import CatalogueEdition
from contracts.billing import Period
from contracts.models import Contract, ContractEdition, Member, Team, TeamMembership
from forms.models import Case, Client, GroupSession, ServiceRecord
from tests import factories

CONTRACTS = 400
CASES_PER_CONTRACT = 25
RECORDS = 1_000_000
PER_CASE = 5
STRIDE = 7919
"""From one record's case to the next's: prime, so that all cases get as many."""
MONTH = Period.parse("2024-03")
HALF_YEAR = Period.parse("2024-H1")

NEED_GROUPS = tuple(f"hbg-{number}" for number in range(1, 6))
MODULES = tuple(f"m{number}" for number in range(1, 14))
CAPPED = factories.HOURLY | {"cap": {"source": "support_plan"}}
RAISED = CAPPED | {"rates": [{"amount": "62.40"}]}
REPORT = factories.DUTIES[1]
PARAGRAPH = "What is agreed here is agreed in words as long as contracts use to have. " * 4


def fill() -> None:
    """Make contracts, cases, placements and support plans."""
    catalogue = factories.make_catalogue(need_groups=NEED_GROUPS, modules=MODULES)
    _copy(_contract(catalogue), CONTRACTS - 1)
    make_cases(CONTRACTS * CASES_PER_CONTRACT)


def fill_records(period: Period, count: int = RECORDS) -> None:
    """Replace all service records by so many, spread over the period and all cases."""
    empty(ServiceRecord, history_model(ServiceRecord), GroupSession)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")  # triggers ask for a minute and more
        cursor.execute(
            RECORDS_SQL,
            {
                "cases": Case.objects.count(),
                "stride": STRIDE,
                "records": count,
                "first": period.first,
                "days": period.days,
                "modules": len(MODULES),
            },
        )
    analyze()


def analyze() -> None:
    """Tell the planner what is in the tables, as PostgreSQL does by itself after a while."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")


def empty(*tables: type[models.Model]) -> None:
    """Empty tables and all that refer to them."""
    names = ", ".join(f'"{model._meta.db_table}"' for model in tables)
    with opened_gate("between two timings"), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {names} CASCADE")


def _contract(catalogue: CatalogueEdition) -> Contract:
    """Return the contract all others are copies of, with a new rate since January."""
    contract = factories.make_contract(
        "C-0000",
        catalogues=(catalogue,),
        clauses=[
            {"number": f"§ {number}", "title": "Clause", "paragraphs": [PARAGRAPH] * 3}
            for number in range(1, 13)
        ],
        duties=(factories.MONTHLY_STATEMENT, REPORT),
        remuneration=[CAPPED],
    )
    factories.amend(contract, applies_from=date(2024, 1, 1), remuneration=[RAISED])
    return contract


def _copy(contract: Contract, count: int) -> None:
    editions = list(contract.editions.order_by("number"))
    copies = [
        _anew(contract, number=f"C-{number:04d}", latest_revision=None, live_revision=None)
        for number in range(1, count + 1)
    ]
    Contract.objects.bulk_create(copies)
    frozen = [_anew(edition, contract=each) for each in copies for edition in editions]
    for edition in frozen:
        edition.seal = seal_of(edition.sealed())
    ContractEdition.objects.bulk_create(frozen)
    rows = [row for edition in frozen for row in edition.rows()]
    for model in ContractEdition.row_models:
        model.objects.bulk_create(row for row in rows if type(row) is model)


def _anew(row: models.Model, **changed) -> models.Model:
    made = copy(row)
    made._state = copy(row._state)
    made._state.fields_cache = {}
    made._state.adding, made.pk = True, None
    for name, value in changed.items():
        setattr(made, name, value)
    return made


def make_cases(count: int) -> None:
    """Replace all cases by so many, each with a named client, a placement, a plan, a counsellor."""
    empty(Client)
    counsellor, caseworker = _counsellor(), _caseworker()
    values = {
        "cases": count,
        "contracts": CONTRACTS,
        "edition": CatalogueEdition.objects.latest("pk").pk,
        "groups": len(NEED_GROUPS),
        "hours": Decimal(60),
        "counsellor": counsellor.pk,
        "team": Team.objects.get(organisation=counsellor.organisation).pk,
        "caseworker": caseworker.pk,
        "own_team": Team.objects.get(organisation=caseworker.organisation).pk,
    }
    with connection.cursor() as cursor:
        for sql in CASES_SQL:
            cursor.execute(sql, values)


def plan_cases() -> None:
    """Give each case five deadlines and as many appointments, most of them over and kept."""
    standards = [
        {
            "key": f"s{n}",
            "label": f"Standard {n}",
            "event": "assignment",
            "starts": "assignment",
            "days": 30 * n,
        }
        for n in range(1, PER_CASE + 1)
    ]
    edition = factories.make_description(*standards, key="bench")
    counsellor = _counsellor()
    values = {
        "edition": edition.pk,
        "each": PER_CASE,
        "today": timezone.localdate(),
        "organisation": counsellor.organisation_id,
        "counsellor": counsellor.pk,
    }
    with connection.cursor() as cursor:
        for sql in PLANS_SQL:
            cursor.execute(sql, values)


def _counsellor() -> Member:
    """Return the one counsellor of the one provider."""
    provider = factories.make_organisation("provider")
    if found := Member.objects.filter(organisation=provider).first():
        return found
    factories.make_team(provider)
    return factories.make_member(provider)


def _caseworker() -> Member:
    """Return the one caseworker of the one commissioning body who has a team."""
    body = factories.make_commissioning_body()
    if found := Member.objects.filter(team_memberships__team__organisation=body).first():
        return found
    caseworker = factories.make_member(body, roles=["caseworker"])
    TeamMembership.objects.create(team=factories.make_team(body), member=caseworker)
    return caseworker


# A case's place among all cases is the number in its client's key.
CASES_SQL = (
    "INSERT INTO forms_client (key)"
    " SELECT 'client-' || n FROM generate_series(0, %(cases)s - 1) n ORDER BY n",
    """
    WITH placed AS (
        SELECT id, row_number() OVER (ORDER BY number) - 1 AS place FROM contracts_contract
    )
    INSERT INTO forms_case
        (number, client_id, contract_id, assigned_on, closed_on, agreed, reason)
    SELECT 'K-' || lpad(n::text, 6, '0'), client.id, placed.id, date '2023-10-01' + n %% 180,
           CASE WHEN n %% 7 = 0 THEN date '2024-05-01' + n %% 60 END, n %% 20 <> 0, ''
    FROM generate_series(0, %(cases)s - 1) n
    JOIN placed ON placed.place = n::bigint * %(contracts)s / %(cases)s
    JOIN forms_client client ON client.key = 'client-' || n
    ORDER BY n
    """,
    """
    INSERT INTO forms_caseplacement
        (case_id, valid_from, catalogue_edition_id, need_group, combination, choices, conditions,
         add_ons, reason)
    SELECT id, assigned_on, %(edition)s, 'hbg-' || 1 + id %% %(groups)s, 'regular', '[]', '[]',
           '[]', ''
    FROM forms_case ORDER BY id
    """,
    """
    INSERT INTO forms_supportplan (case_id, valid_from, valid_until, hours_per_month)
    SELECT id, assigned_on, NULL, %(hours)s + id %% 30 FROM forms_case ORDER BY id
    """,
    """
    INSERT INTO forms_clientidentity
        (client_id, first_name, last_name, spelling, birth_date, gender)
    SELECT id, 'Vera' || id %% 97, 'Muster' || id %% 997,
           'muster' || id %% 997 || ',vera' || id %% 97, date '1960-01-01' + id::int %% 15000, 'f'
    FROM forms_client ORDER BY id
    """,
    """
    INSERT INTO forms_casestatus (case_id, valid_from, status, reason)
    SELECT id, COALESCE(closed_on, assigned_on),
           CASE WHEN closed_on IS NULL THEN 'open' ELSE 'closed' END, ''
    FROM forms_case ORDER BY id
    """,
    """
    INSERT INTO forms_caseresponsibility (case_id, valid_from, team_id, counsellor_id, reason)
    SELECT id, assigned_on, %(team)s, %(counsellor)s, '' FROM forms_case ORDER BY id
    """,
    """
    INSERT INTO forms_caseowner (case_id, valid_from, team_id, caseworker_id, reason)
    SELECT id, assigned_on, %(own_team)s, %(caseworker)s, '' FROM forms_case ORDER BY id
    """,
)

# Of a hundred deadlines five are still open, of these some are overdue, and ten were met late; of
# two hundred appointments of the last year one waits for its record.
PLANS_SQL = (
    """
    INSERT INTO forms_deadline
        (case_id, standard_id, side, starts, started_on, ruled_on, due_on, lead_on, state, ending,
         ended_on, form, reason)
    SELECT id, standard, CASE WHEN turn %% 3 = 0 THEN 'body' ELSE 'provider' END, 'assignment',
           due - 30, due, due, due + 7, CASE WHEN open THEN 'open' ELSE 'done' END,
           CASE WHEN open THEN '' ELSE 'record' END,
           CASE WHEN open THEN NULL WHEN turn %% 10 = 0 THEN due + 3 ELSE due - turn %% 13 END,
           '', ''
    FROM (
        SELECT id, standard, turn, turn %% 20 = 7 AS open,
               %(today)s::date + 20 - turn * 7 %% 700 AS due
        FROM (
            SELECT forms_case.id, row.id AS standard,
                   (forms_case.id * %(each)s + row.position)::int AS turn
            FROM forms_case CROSS JOIN cms_editionstandard row WHERE row.edition_id = %(edition)s
        ) counted
    ) planned
    """,
    """
    WITH recorded AS (
        SELECT case_id, reference, row_number() OVER (PARTITION BY case_id ORDER BY id) AS n
        FROM forms_servicerecord
    ),
    planned AS (
        SELECT case_id, reference, (case_id * %(each)s + n)::int AS turn,
               (%(today)s::date + 30 - (case_id * %(each)s + n)::int * 11 %% 400
                + interval '8 hours' + case_id %% 18 * interval '30 minutes')
               AT TIME ZONE 'Europe/Berlin' AS begins
        FROM recorded WHERE n <= %(each)s
    ),
    made AS (
        INSERT INTO forms_appointment
            (reference, organisation_id, case_id, begins, ends, kind, work, channel, location,
             address, note, status, reason)
        SELECT CASE WHEN begins < now() AND turn %% 200 <> 0 THEN reference
               ELSE 'E-' || lpad(to_hex(turn), 12, '0') END, %(organisation)s, case_id, begins,
               begins + interval '30 minutes', 'talk', '', 'in_person', 'office', '', '', 'planned',
               ''
        FROM planned
        RETURNING id
    )
    INSERT INTO forms_appointmentmember (appointment_id, member_id)
    SELECT id, %(counsellor)s FROM made
    """,
)

# One in five records is a case's part in a group session, one in fifty was changed once.
RECORDS_SQL = """
    WITH placed AS (
        SELECT id, contract_id, row_number() OVER (ORDER BY number) - 1 AS place FROM forms_case
    ),
    mixed AS (
        SELECT n, placed.*, (n / %(cases)s * 7 + place * 3) %% 10 > 7 AS in_group,
               n / %(cases)s + place AS turn, n / %(cases)s AS meeting
        FROM generate_series(0, %(records)s - 1) n
        JOIN placed ON placed.place = n::bigint * %(stride)s %% %(cases)s
    ),
    dated AS (
        -- Whoever is in a group meets on one day.
        SELECT mixed.*, %(first)s::date + (
                   CASE WHEN in_group THEN meeting::bigint * %(cases)s ELSE n END
                   * %(days)s / %(records)s)::int AS day,
               contract.provider_id, 'G-' || contract_id || '-' || meeting AS key,
               count(*) FILTER (WHERE in_group)
                   OVER (PARTITION BY contract_id, meeting) AS present
        FROM mixed JOIN contracts_contract contract ON contract.id = contract_id
    ),
    met AS (
        INSERT INTO forms_groupsession
            (provider_id, key, version, status, day, minutes, participants, counsellors, token)
        SELECT DISTINCT provider_id, key, 1, 'submitted', day, 90, present, 1 + meeting %% 2,
               provider_id || '/' || key || '/1'
        FROM dated WHERE in_group
    )
    INSERT INTO forms_servicerecord
        (reference, version, status, reason, contract_id, case_id, day, kind, module, stage,
         minutes, participants, counsellors, session, attends_id, counsellor_id, confirmed)
    SELECT 'R-' || n, CASE WHEN n %% 50 = 0 THEN 2 ELSE 1 END, 'submitted', '', contract_id, id,
           day, CASE WHEN in_group THEN 'group' ELSE 'talk' END,
           'm' || 1 + turn %% %(modules)s, '',
           CASE WHEN in_group THEN 90 ELSE 15 + turn %% 5 * 15 END,
           CASE WHEN in_group THEN present ELSE 1 END,
           CASE WHEN in_group THEN 1 + meeting %% 2 ELSE 1 END,
           CASE WHEN in_group THEN key ELSE '' END,
           CASE WHEN in_group THEN provider_id || '/' || key || '/1' END,
           NULL, false
    FROM dated ORDER BY n
"""
