"""What the document of a report version shows: figures, whose report it is, what was said."""

from datetime import date

from django.utils import timezone

from contracts.billing import Period
from contracts.models import Organisation
from jobs.documents import formats
from jobs.models import Assessment, Reply, ReportVersion

TITLES = {
    "month": "Monatsbericht",
    "quarter": "Quartalsbericht",
    "half": "Halbjahresbericht",
    "year": "Jahresbericht",
}


def texts_about(version: ReportVersion) -> tuple[Assessment | None, Reply | None]:
    """Return the newest assessment submitted for these figures, and the reply submitted to it."""
    texts = version.assessments.submitted().select_related("submitted_by", "report")
    assessment = texts.order_by("-number").first()
    if assessment is None:
        return None, None
    replies = Reply.objects.submitted().select_related("submitted_by")
    return assessment, replies.filter(assessment=assessment).first()


def report_context(
    version: ReportVersion, assessment: Assessment | None = None, reply: Reply | None = None
) -> dict:
    """Return a report version as plain data with German figures, and the texts about it."""
    report, content = version.report, version.content
    contract = report.contract
    edition = contract.edition_on(report.period_last)
    return {
        "title": report_title(version),
        "contract": {
            "number": contract.number,
            "title": edition.content["title"] if edition else contract.title,
        },
        "provider": _organisation(contract.provider),
        "body": _organisation(contract.commissioning_body),
        "period": formats.days(report.period_first, report.period_last),
        "reference_date": _day(content["reference_date"]),
        "due_on": _day(content["due_on"]),
        "version": version.number,
        "date": formats.day(timezone.localdate(version.computed_at)),
        "groups": [{"name": _group_name(row), **_effort(row)} for row in content["groups"]],
        "total": {**_effort(content["total"]), "new": content["total"].get("new", 0)},
        "modules": [_module(row) for row in content["modules"]],
        "self_initiated": {
            "processed": content["self_initiated"]["processed"],
            "closed": content["self_initiated"]["closed"],
            "hours": formats.hours(content["self_initiated"]["hours"]),
        },
        "assessment": assessment
        and {
            "paragraphs": _paragraphs(assessment.text),
            "proposals": _paragraphs(assessment.proposals),
            "signed": f"Eingereicht {_signed(assessment)}, {_in_time(assessment)}.",
        },
        "reply": reply
        and {"paragraphs": _paragraphs(reply.text), "signed": f"Abgegeben {_signed(reply)}."},
    }


def report_title(version: ReportVersion) -> str:
    """Return what the report is called: Halbjahresbericht, 1. Halbjahr 2024."""
    period: Period = version.report.period
    return f"{TITLES.get(period.cycle, 'Bericht')}, {formats.period(period)}"


def _paragraphs(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _signed(text: Assessment | Reply) -> str:
    by = text.submitted_by.get_full_name() or text.submitted_by.username
    return f"am {formats.day(text.submitted_on)} von {by}"


def _in_time(assessment: Assessment) -> str:
    days = assessment.days_late
    if not days:
        return "fristgerecht" if assessment.report.due_on else "ohne Frist"
    return f"{days} {'Tag' if days == 1 else 'Tage'} nach Ablauf der Frist"


def _group_name(row: dict) -> str:
    """Code and title; a code the title ends with is said once (Hilfebedarfsgruppe 1)."""
    code, title = row["code"], row["title"]
    return title if title.endswith(f" {code}") else f"{code} {title}".strip()


def _effort(row: dict) -> dict:
    return {
        "processed": row["processed"],
        "closed": row["closed"],
        "hours": formats.hours(row["hours"]),
        "average": formats.hours(row["average"]),
    }


def _module(row: dict) -> dict:
    return {
        "name": f"{row['code']} {row['title']}".strip(),
        "cases": row["cases"],
        "individual_hours": formats.hours(row["individual_hours"]),
        "group_sessions": formats.number(row["group_sessions"]),
        "hours": formats.hours(row["hours"]),
    }


def _organisation(organisation: Organisation) -> dict:
    return {"name": organisation.name, "city": organisation.city}


def _day(value: str | None) -> str:
    return formats.day(date.fromisoformat(value)) if value else formats.NOTHING
