"""Run one job now, in this process."""

import json
from pathlib import Path

from django.core.files.storage import default_storage
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from base.documents import DOCX, PDF, DocumentError, stored_path
from contracts.billing import Period
from contracts.billing.period import EXAMPLES, FORMS
from jobs import runs
from jobs.actions.make_document import make_report_document, make_statement_document
from jobs.models import ReportVersion, Statement
from jobs.registry import job_named, jobs

DOCUMENTS = {
    "statements": lambda row, suffix: make_statement_document(
        Statement.objects.get(pk=row["id"]), suffix
    ),
    "reports": lambda row, suffix: make_report_document(
        ReportVersion.objects.get(report=row["id"], number=row["version"]), suffix
    ),
}


class Command(BaseCommand):
    """Progress goes to stderr, what was made to stdout. Exits with 1 if a contract failed."""

    help = "Run a job for a period now. Safe to repeat: what is done already stays as it is."

    def add_arguments(self, parser):
        parser.add_argument("job", metavar="NAME", help=", ".join(jobs()))
        parser.add_argument(
            "--period",
            required=True,
            help=FORMS,
        )
        parser.add_argument("--contract", default="", help="number of the only contract wanted")
        parser.add_argument("--json", action="store_true", help="print the outcome as JSON")
        parser.add_argument(
            "--documents", type=Path, metavar="DIR", help="write what was made there, as .docx"
        )
        parser.add_argument("--pdf", action="store_true", help="and as PDF")

    def handle(self, *, job, period, contract, json, documents, pdf, **options):
        job, period = self._job(job), self._period(period)
        run = runs.claim(job.name, period, contract, holder=runs.new_holder(), again=True)
        if run is None:
            raise CommandError(_("This job is running already, in another process."))
        try:
            outcome = runs.carry_out(run, self._show_progress)
        except LookupError as error:
            raise CommandError(str(error.args[0])) from error
        except runs.RunLost as error:
            raise CommandError(_("Another process has taken this run over.")) from error
        if documents:
            self._write_documents(job, outcome[job.kind], documents, pdf=pdf)
        self._print(job, outcome, as_json=json)
        if outcome["failed"]:
            raise SystemExit(1)

    def _job(self, name):
        try:
            return job_named(name)
        except LookupError as error:
            problem = _("There is no job %(name)s. There are: %(names)s.")
            names = ", ".join(jobs())
            raise CommandError(problem % {"name": name, "names": names}) from error

    def _period(self, text):
        try:
            return Period.parse(text)
        except ValueError as error:
            problem = _("%(text)s is no period. Allowed are: %(forms)s.")
            forms = ", ".join(EXAMPLES)
            raise CommandError(problem % {"text": text, "forms": forms}) from error

    def _show_progress(self, number, total, contract):
        self.stderr.write(f"{number}/{total} {contract.number} …", style_func=str)
        self.stderr.flush()

    def _write_documents(self, job, rows, folder, *, pdf):
        """Render each row's document into the folder, and name the files in the row."""
        folder.mkdir(parents=True, exist_ok=True)
        for row in rows:
            try:
                row["document"] = self._write(DOCUMENTS[job.kind](row, DOCX), folder)
                if pdf:
                    row["pdf"] = self._write(DOCUMENTS[job.kind](row, PDF), folder)
            except DocumentError as error:
                raise CommandError(error.problem) from error
            except OSError as error:
                raise CommandError(str(error)) from error

    def _write(self, document, folder) -> str:
        path = folder / document.filename
        with default_storage.open(stored_path(document.sha256, document.suffix)) as file:
            path.write_bytes(file.read())
        return str(path)

    def _print(self, job, outcome, *, as_json):
        if as_json:
            self.stdout.write(json.dumps(outcome, ensure_ascii=False, indent=2))
            return
        made = outcome[job.kind]
        changed = sum(bool(row.get("changed")) for row in made)
        self.stdout.write(
            _("%(job)s %(period)s: %(made)d made, %(changed)d of them new or changed.")
            % {"job": job.label, "period": outcome["period"], "made": len(made), "changed": changed}
        )
        for row in made:
            self.stdout.write(f"  {job.describe(row)}")
        for heading, rows in ((_("Skipped"), outcome["skipped"]), (_("Failed"), outcome["failed"])):
            for row in rows:
                self.stdout.write(f"  {heading}: {row['contract']}: {row['reason']}")
