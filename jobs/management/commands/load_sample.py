"""Load the sample and let the jobs run on it: a year of work, from catalogue to correction.

Beside that year, which is always the same, two contracts run until the day of loading
(`jobs.running_sample`).
"""

import tempfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from base.acting import acting_as, system_actor
from base.documents import store
from base.exchange.importing import import_files
from base.formats import money
from base.progress import phase
from cms.actions.load_pages import load_pages
from cms.content.description import DescriptionContent
from cms.models import Description
from contracts.actions.adapt_annex import adapt_annex
from contracts.actions.answer_proposal import answer_proposal
from contracts.actions.confirm_signature import confirm_signature
from contracts.actions.present_for_signature import present_for_signature
from contracts.actions.propose_change import propose_change
from contracts.billing import Period
from contracts.content import ContractContent
from contracts.models import Contract, Member
from contracts.roles import Role
from jobs import runs
from jobs.actions.check_statement import check_statement
from jobs.actions.issue_statement import issue_statement
from jobs.actions.make_document import make_report_document, make_statement_document
from jobs.actions.release_statement import release_statement
from jobs.models import JobRun, ReportVersion, Statement
from jobs.running_sample.files import late_day, write_files
from jobs.running_sample.steps import bill_running, correct_running, report_running

CHECKER, RELEASER = "finance.taler", "finance.groschen"
BILLED = ["2024", *(f"2024-Q{n}" for n in range(1, 5)), *(f"2024-{n:02}" for n in range(1, 13))]
REPORTED = ["2024-H1", "2024-H2"]
ISSUED_ON = date(2025, 1, 31)
AUTHOR, DESCRIPTION = "manager.weber", "fallarbeit-wohnen"
NEW_TOPIC = {"key": "energieschulden", "label": "Energieschulden"}
PRESENTED, DIRECTOR, LEAD = "SB-2010-01", "director.linde", "lead.bruecke"
NEW_SHARE = "0.55"
CONTACTS = "anlage-2"
NUMBER = "Der Außendienst hat eine eigene Rufnummer bekommen."
TAKEN_UP = "Einverstanden. Die Änderung liegt Ihnen bald zur Unterschrift vor."
PROPOSED = (
    {
        "part": "staffing.Fachkraft der Suchtberatung",
        "change": "0,55 statt 0,5 Stellen.",
        "reason": "Seit dem Sommer werden deutlich mehr Menschen zugewiesen.",
    },
    {
        "part": "clauses.§ 5",
        "change": "Der Bericht zum 30.06. darf bis Ende August vorgelegt werden.",
        "reason": "Im Juli ist Urlaubszeit.",
    },
)
"""What the provider proposes: taken up, and waiting for an answer."""


def next_month() -> date:
    """Return the first day of the next month."""
    return (timezone.localdate().replace(day=1) + timedelta(days=32)).replace(day=1)


class Command(BaseCommand):
    """Import sample/ and run the main job on it, once."""

    help = "Import the sample, bill and report its year, and answer what came late. Safe to repeat."

    def handle(self, **options):
        if not getattr(settings, "SAMPLE_PASSWORD", ""):
            raise CommandError(_("The sample is for trying Fallwerk; these settings refuse it."))
        # Broken off and begun again on another day, it goes on with the day on which it began.
        marker, _made = JobRun.objects.get_or_create(
            job="sample", period="2024", scope="", defaults={"started_at": timezone.now()}
        )
        if marker.status != JobRun.Status.DONE:
            self.load(timezone.localdate(marker.started_at))
            JobRun.objects.filter(pk=marker.pk).update(
                status=JobRun.Status.DONE, finished_at=timezone.now(), attempts=1
            )
        self.report()

    def load(self, today: date):
        folder = Path(settings.BASE_DIR) / "sample"
        with phase(self.stdout, _("Importing the sample")):
            self.import_folder(folder)
            self.open_accounts()
        steps = len(BILLED) + len(REPORTED)
        with phase(self.stdout, _("Computing statements and reports of 2024"), steps) as tick:
            self.run_jobs(tick)
            self.issue()
        with phase(self.stdout, _("Importing what came late, and answering it"), steps) as tick:
            self.import_folder(folder / "late")
            self.run_jobs(tick)
            self.submit_description()
            self.present_contract()
        with phase(self.stdout, _("Publishing pages of knowledge")):
            load_pages(folder / "pages", today=today)
        with phase(self.stdout, _("Adding two contracts that run until today")):
            self.load_running(today)
        made = [
            *((make_statement_document, row) for row in Statement.objects.order_by("pk")),
            *((make_report_document, row) for row in ReportVersion.objects.order_by("pk")),
        ]
        with phase(self.stdout, _("Making documents"), len(made)) as tick:
            for make, row in made:
                make(row)
                tick()

    def load_running(self, today: date):
        """Import what runs until the day of loading, and leave its statements in each state.

        And let an annex wait for agreement, as the provider proposed it.
        """
        for file in sorted((settings.BASE_DIR / "sample/files").iterdir()):
            store(file.read_bytes(), file.suffix)
        with tempfile.TemporaryDirectory() as folder:
            running, late = write_files(Path(folder), today)
            self.import_folder(running)
            bill_running(today, self.run_job)
            self.import_folder(late)
        correct_running(late_day(today), today, self.run_job)
        report_running(today, self.run_job)
        self.adapt_contacts()
        # Nothing of it concerns the year before; until they are asked, reports cannot tell.
        for period in REPORTED:
            self.run_job("reports", Period.parse(period))

    def adapt_contacts(self):
        """Propose other contacts for the running contract, as its provider's lead."""
        contract = Contract.objects.get(number__startswith="SN-")
        if contract.adaptations.exists():
            return
        (annex,) = (
            part for part in contract.editions.latest("number").data.annexes if part.key == CONTACTS
        )
        contacts = [contact.model_dump() for contact in annex.contacts]
        contacts[0] |= {"phone": "02990 5551-40"}
        lead = get_user_model().objects.get(username=LEAD)
        adapt_annex(contract, CONTACTS, contacts, by=lead, applies_from=next_month(), reason=NUMBER)

    def import_folder(self, folder: Path):
        with acting_as(system_actor("import")):
            import_files([folder], save=True)

    def open_accounts(self):
        """Let every sample person log in; production settings have no sample password."""
        with acting_as(system_actor("import")):
            for member in Member.objects.select_related("user"):
                if not member.user.has_usable_password():
                    member.user.set_password(settings.SAMPLE_PASSWORD)
                    member.user.save(update_fields=["password"])

    def run_jobs(self, tick: Callable[[], None]):
        for job, periods in (("statements", BILLED), ("reports", REPORTED)):
            for period in periods:
                self.run_job(job, Period.parse(period))
                tick()

    def run_job(self, job: str, period: Period, scope: str = ""):
        run = runs.claim(job, period, scope, holder=runs.new_holder(), again=True)
        if run is None:
            raise CommandError(
                _("%(job)s for %(period)s is running elsewhere.") % {"job": job, "period": period}
            )
        outcome = runs.carry_out(run)
        for failure in outcome["failed"]:
            raise CommandError(f"{failure['contract']}: {failure['reason']}")

    def issue(self):
        """Check, release and issue everything computed so far, by two persons of finance."""
        people = get_user_model().objects.in_bulk([CHECKER, RELEASER], field_name="username")
        for statement in Statement.objects.filter(sequence=0).order_by(
            "period_last", "contract__number"
        ):
            # Loading may have been broken off between any two steps.
            if statement.status == Statement.Status.DRAFT:
                statement = check_statement(statement, by=people[CHECKER])
            if statement.status == Statement.Status.CHECKED:
                statement = release_statement(statement, by=people[RELEASER], on=ISSUED_ON)
            if statement.status == Statement.Status.RELEASED:
                issue_statement(statement, by=people[RELEASER], on=ISSUED_ON)

    def submit_description(self):
        """Let something wait for approval: a description with one more topic, from next month."""
        draft = Description.objects.get(key=DESCRIPTION)
        if draft.has_unpublished_changes or draft.workflow_in_progress:
            return
        author = get_user_model().objects.get(username=AUTHOR)
        changed = draft.get_latest_revision_as_object()
        plain = changed.content().model_dump()
        plain["topics"] = [*plain["topics"], NEW_TOPIC]
        changed.assign(DescriptionContent.model_validate(plain))
        changed.applies_from = next_month()
        with acting_as(author), transaction.atomic():
            changed.save_revision(user=author)
            draft.refresh_from_db()
            draft.get_workflow().start(draft, author)

    def present_contract(self):
        """Let something wait for signatures: a larger post, as the provider proposed."""
        contract = Contract.objects.get(number=PRESENTED)
        if contract.proposals.exists():
            return
        people = get_user_model().objects.in_bulk([AUTHOR, DIRECTOR, LEAD], field_name="username")
        begins = next_month()
        with transaction.atomic():
            first, _second = (
                propose_change(contract, by=people[LEAD], applies_from=begins, **proposed)
                for proposed in PROPOSED
            )
            answer_proposal(first, by=people[AUTHOR], takes_up=True, answer=TAKEN_UP)
            changed = contract.get_latest_revision_as_object()
            plain = changed.content().model_dump() | {"provider_signatures": 2}
            plain["staffing"][0]["share"] = NEW_SHARE
            changed.assign(ContractContent.model_validate(plain))
            changed.applies_from = begins
            with acting_as(people[AUTHOR]):
                changed.save_revision(user=people[AUTHOR])
            signing = present_for_signature(contract, by=people[AUTHOR])
            confirm_signature(
                signing,
                by=people[DIRECTOR],
                party=contract.commissioning_body,
                function="Vorstand",
                signed_on=timezone.localdate(),
                evidence="Vertragsakte SB-2010-01 Blatt 31",
            )

    def step(self, text: str):
        self.stdout.write(self.style.MIGRATE_HEADING(text))

    def report(self):
        self.step(_("Statements"))
        statements = Statement.objects.select_related("contract")
        for statement in statements.order_by("contract__number", "period_first", "sequence"):
            kind = _("correction") if statement.sequence else ""
            total = money(statement.total)
            self.stdout.write(
                f"  {statement.contract.number:<12} {statement.period!s:<8} {total:>14}"
                f"  {statement.get_status_display():<14} {statement.number or '–'} {kind}".rstrip()
            )
        self.step(_("Reports"))
        for version in ReportVersion.objects.select_related("report__contract"):
            self.stdout.write(f"  {version.report} · " + _("version %d") % version.number)
        folder = Path(settings.MEDIA_ROOT) / "documents"
        self.step(_("Documents: %s, and on the start page") % folder)
        self.step(_("Accounts (password for all: %s)") % settings.SAMPLE_PASSWORD)
        for role in Role:
            for member in Member.objects.select_related("user", "organisation"):
                if role in member.roles and member.user.has_usable_password():
                    name, place = member.user.username, member.organisation.name
                    self.stdout.write(f"  {role.label:<22} {name:<24} {place}")
