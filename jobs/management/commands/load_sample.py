"""Load the sample and let the jobs run on it: a year of work, from catalogue to correction."""

from datetime import date, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from base.acting import acting_as, system_actor
from base.exchange.importing import import_files
from base.formats import money
from cms.content.description import DescriptionContent
from cms.models import Description
from contracts.billing import Period
from contracts.models import Member
from contracts.models.organisation import Role
from jobs import runs
from jobs.actions.check_statement import check_statement
from jobs.actions.issue_statement import issue_statement
from jobs.actions.make_document import make_report_document, make_statement_document
from jobs.actions.release_statement import release_statement
from jobs.models import JobRun, ReportVersion, Statement

CHECKER, RELEASER = "finance.taler", "finance.groschen"
BILLED = ["2024", *(f"2024-Q{n}" for n in range(1, 5)), *(f"2024-{n:02}" for n in range(1, 13))]
REPORTED = ["2024-H1", "2024-H2"]
ISSUED_ON = date(2025, 1, 31)
AUTHOR, DESCRIPTION = "manager.weber", "fallarbeit-wohnen"
NEW_TOPIC = {"key": "energieschulden", "label": "Energieschulden"}


class Command(BaseCommand):
    """Import sample/ and run the main job on it, once."""

    help = "Import the sample, bill and report its year, and answer what came late. Safe to repeat."

    def handle(self, **options):
        if not getattr(settings, "SAMPLE_PASSWORD", ""):
            raise CommandError(_("The sample is for trying Fallwerk; these settings refuse it."))
        marker, _made = JobRun.objects.get_or_create(job="sample", period="2024", scope="")
        if marker.status != JobRun.Status.DONE:
            self.load()
            JobRun.objects.filter(pk=marker.pk).update(status=JobRun.Status.DONE)
        self.report()

    def load(self):
        folder = Path(settings.BASE_DIR) / "sample"
        self.step(_("Importing the sample"))
        self.import_folder(folder)
        self.open_accounts()
        self.step(_("Computing statements and reports of 2024"))
        self.run_jobs()
        self.issue()
        self.step(_("Importing what came late, and answering it"))
        self.import_folder(folder / "late")
        self.run_jobs()
        self.submit_description()
        self.step(_("Making documents"))
        for statement in Statement.objects.order_by("pk"):
            make_statement_document(statement)
        for version in ReportVersion.objects.order_by("pk"):
            make_report_document(version)

    def import_folder(self, folder: Path):
        with acting_as(system_actor("import")):
            for section, count in import_files([folder], save=True).items():
                if count:
                    self.stdout.write(f"  {section}: {count}")

    def open_accounts(self):
        """Let every sample person log in; production settings have no sample password."""
        with acting_as(system_actor("import")):
            for member in Member.objects.select_related("user"):
                if not member.user.has_usable_password():
                    member.user.set_password(settings.SAMPLE_PASSWORD)
                    member.user.save(update_fields=["password"])

    def run_jobs(self):
        for job, periods in (("statements", BILLED), ("reports", REPORTED)):
            for period in periods:
                self.run_job(job, Period.parse(period))

    def run_job(self, job: str, period: Period):
        run = runs.claim(job, period, holder=runs.new_holder(), again=True)
        if run is None:
            raise CommandError(
                _("%(job)s for %(period)s is running elsewhere.") % {"job": job, "period": period}
            )
        outcome = runs.carry_out(run)
        for failure in outcome["failed"]:
            raise CommandError(f"{failure['contract']}: {failure['reason']}")
        made = len(outcome["statements"]) + len(outcome["reports"])
        self.stdout.write(f"  {job} {period}: {made}")

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
        changed.applies_from = (timezone.localdate().replace(day=1) + timedelta(days=32)).replace(
            day=1
        )
        with acting_as(author), transaction.atomic():
            changed.save_revision(user=author)
            draft.refresh_from_db()
            draft.get_workflow().start(draft, author)

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
                if role in member.roles:
                    name, place = member.user.username, member.organisation.name
                    self.stdout.write(f"  {role.label:<22} {name:<24} {place}")
