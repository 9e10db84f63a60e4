"""Nouns of the jobs app: what scheduled work produces, and the record of the work itself."""

from jobs.models.computed_period import ComputedPeriod
from jobs.models.document import ReportDocument, StatementDocument
from jobs.models.job_run import JobRun, Lease
from jobs.models.report import Report, ReportVersion
from jobs.models.report_text import Assessment, Reply
from jobs.models.run_batch import RunBatch
from jobs.models.statement import Statement, StatementEvent, StatementLine

__all__ = [
    "Assessment",
    "ComputedPeriod",
    "JobRun",
    "Lease",
    "Reply",
    "Report",
    "ReportDocument",
    "ReportVersion",
    "RunBatch",
    "Statement",
    "StatementDocument",
    "StatementEvent",
    "StatementLine",
]
