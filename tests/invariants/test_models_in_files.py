"""Every model of ours is in exchange files, or it is said here why it is not.

What is in none is told in docs/exchange.md, "Not in files". That the same comes out of a database
as went in is told in `tests/base/test_exchange_generated.py`, with the same files.
"""

from dataclasses import replace

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from base.exchange.importing import import_files
from base.exchange.kinds import kinds, result_kinds
from contracts.billing import Period
from jobs.actions.compute_report import compute_report
from tests.base.test_exchange_generated import Generator
from tests.factories import bill_months_of_2024, make_contract

APPS = ("base", "cms", "contracts", "forms", "jobs")

SECTIONS = {
    "organisations": {"contracts.Organisation"},
    "teams": {"contracts.Team"},
    "members": {"base.User", "contracts.Member", "contracts.TeamMembership"},
    "substitutions": {"contracts.Substitution"},
    "catalogues": {"cms.Catalogue", "cms.CatalogueEdition"},
    "descriptions": {"cms.Description", "cms.DescriptionEdition"},
    "contract_files": {"contracts.ContractFile"},
    "contracts": {
        "contracts.Contract",
        "contracts.ContractEdition",
        "contracts.Notice",
        "contracts.AnnexAdaptation",
    },
    "change_proposals": {"contracts.ChangeProposal"},
    "form_definitions": {"forms.FormDefinition", "forms.FormEdition"},
    "clients": {"forms.Client", "forms.ClientIdentity", "forms.ClientContact"},
    "cases": {
        "forms.Case",
        "forms.CasePlacement",
        "forms.CaseOwner",
        "forms.CaseResponsibility",
        "forms.CaseStatus",
        "forms.PhaseAgreement",
        "forms.SupportPlan",
    },
    "record_reasons": {"forms.RecordReason"},
    "resources": {"forms.Resource"},
    "appointment_series": {"forms.AppointmentSeries"},
    "service_records": {"forms.ServiceRecord", "forms.GroupSession"},
    "filled_forms": {"forms.FilledForm", "forms.FormAnswer"},
    "appointments": {
        "forms.Appointment",
        "forms.AppointmentMember",
        "forms.AppointmentResource",
    },
    "record_signatures": {"forms.RecordSignature"},
    "deadlines": {"forms.Deadline"},
    "payroll": {"contracts.PayrollLine"},
    "instalments": {"contracts.Instalment"},
    "closed_years": {"contracts.ClosedYear"},
}
RESULTS = {
    "jobs.Statement",
    "jobs.StatementLine",
    "jobs.StatementEvent",
    "jobs.Report",
    "jobs.ReportVersion",
}

IN_OTHER_ROWS = {"forms.GroupSession"}
"""What the rows of its section name, and bring: a dump needs nothing else of it."""

FOLLOWS = "follows from an edition's content"
PAGE = "pages and their pictures are a website of its own: its public part is in the content API"
BESIDE = "files beside the store, made or handed in; the store moves as a whole"
ACCESS = "access to this installation: given anew where people are"
OF_HERE = "what this installation does and has done, for its operation"
TRAIL = "the trail of this installation: who did or opened what here"
ONES_OWN = "how somebody has their own pages here"
NOT_IN_FILES = {
    "base.SecondPersonTask": "approving here: what was approved stands in the edition",
    "base.Submission": "approving here: what was approved stands in the edition",
    "contracts.Signing": "presented for signature here: files have the signatures of editions",
    "contracts.ConfirmedSignature": "stands in the edition that came of it",
    "contracts.ApiToken": ACCESS,
    "contracts.AccessChange": ACCESS,
    "contracts.BankChange": "an account that does not count yet",
    "forms.CalendarFeed": ACCESS,
    "contracts.Evidence": BESIDE,
    "jobs.StatementDocument": BESIDE,
    "jobs.ReportDocument": BESIDE,
    "jobs.Assessment": "words beside a report, under the name of who wrote them here",
    "jobs.Reply": "words beside a report, under the name of who wrote them here",
    **dict.fromkeys(("base.FollowUp", "base.SavedView", "base.MailChoice"), ONES_OWN),
    **dict.fromkeys(("base.Event", "base.GateOpening"), TRAIL),
    **dict.fromkeys(
        (
            "base.NumberCounter", "base.Mail", "base.QueuedOverview", "base.SentForm",
            "contracts.ChangeMark", "jobs.ComputedPeriod", "jobs.JobRun", "jobs.Lease",
            "jobs.RunBatch",
        ),
        OF_HERE,
    ),
    **dict.fromkeys(
        (
            "cms.EditionModule", "cms.EditionQuantity", "cms.EditionExtra", "cms.EditionNeedGroup",
            "cms.EditionEntry", "cms.EditionAddOn", "cms.EditionArea", "cms.EditionPhase",
            "cms.EditionStandard", "cms.EditionAppointment", "contracts.EditionClause",
            "contracts.EditionAnnex", "contracts.EditionTerms", "contracts.EditionDuty",
            "forms.EditionField",
        ),
        FOLLOWS,
    ),
    **dict.fromkeys(
        (
            "cms.PageRoot", "cms.PageEdition", "cms.ContentPage", "cms.ServicePage",
            "cms.PageImage", "cms.PageRendition",
        ),
        PAGE,
    ),
}  # fmt: skip


def ours() -> set[str]:
    return {
        model._meta.label
        for name in APPS
        for model in apps.get_app_config(name).get_models()
        if not model.__name__.startswith("Historical")
    }


def test_every_model_is_in_files_or_says_why_not():
    in_files = set().union(*SECTIONS.values(), RESULTS)
    assert in_files & set(NOT_IN_FILES) == set()
    assert ours() == in_files | set(NOT_IN_FILES)


def test_every_section_has_its_models():
    assert set(SECTIONS) == {kind.section for kind in kinds()}
    assert {kind.section for kind in result_kinds()} == {"statements", "reports"}


def read_for(kind) -> set[str]:
    """Return of which models the dump of a section reads rows, or their versions."""
    with CaptureQueriesContext(connection) as asked:
        assert list(kind.dump())
    statements = [query["sql"] for query in asked]
    return {
        model._meta.label.replace(".Historical", ".")
        for model in apps.get_models()
        if any(f'"{model._meta.db_table}"' in each for each in statements)
    }


def rows_of(label: str) -> list[tuple]:
    return list(apps.get_model(label)._base_manager.order_by("pk").values_list())


@pytest.mark.django_db
def test_each_section_brings_its_models_and_gives_them_out(tmp_path, monkeypatch):
    """Rows are new, or as the file has them: deadlines are there as soon as their case is."""
    brought = {}

    def watched(kind):
        def load(entries):
            before = {label: rows_of(label) for label in SECTIONS[kind.section]}
            made = kind.load(entries)
            brought[kind.section] = {label for label in before if rows_of(label) != before[label]}
            return made

        return replace(kind, load=load)

    Generator(0).write(tmp_path / "given")
    monkeypatch.setattr("base.exchange.importing.kinds", lambda: [*map(watched, kinds())])
    import_files([tmp_path / "given"], save=True)
    assert brought == SECTIONS
    for kind in kinds():
        assert read_for(kind) >= SECTIONS[kind.section] - IN_OTHER_ROWS, kind.section


@pytest.mark.django_db
def test_results_give_out_rows_of_their_models():
    contract = make_contract()
    bill_months_of_2024(contract, 1)
    compute_report(contract, Period.parse("2024-H1"))
    assert all(map(rows_of, RESULTS))
    assert set().union(*map(read_for, result_kinds())) >= RESULTS
