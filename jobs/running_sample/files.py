"""The part of the sample that goes on until today: contracts, cases and work, for a day of loading.

`sample/running/` holds exchange files whose days are written relative to that day; the same day
makes the same entries. What stands in them:

    <today-35>        35 days before the day of loading; on a weekend, the Friday before it
    <begin>           the first day of eight months ago, on which the first contract begins
    <later>           the first day of three months ago, on which the second one begins
    <end>             the last day of 24 months from `begin`; <later_end> likewise
    <begin de>        the same as it is written in a German text: 01.04.2026
    <begin year>      its year, for numbers of contracts
    <today-1 15:20>   a moment in Berlin on that day

`40-rhythms.yaml` is a shorthand: each line becomes service records, never later than yesterday.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

import yaml
from django.conf import settings

from base.formats import day as spelled
from contracts.billing import Period
from jobs.schedule import BERLIN

FOLDER = Path(settings.BASE_DIR) / "sample" / "running"
RHYTHMS = "40-rhythms.yaml"
PLACEHOLDER = re.compile(r"<(today|begin|end|later|later_end)([+-]\d+)?(?: ([^>]+))?>")
BEGINS_MONTHS_AGO, LATER_MONTHS_AGO, TERM_MONTHS = 8, 3, 24
SATURDAY = 5
RECORDED_AT = time(16, 30)


def months_from(first: date, months: int) -> date:
    """Return the first day of the month so many months away."""
    years, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(years, month + 1, 1)


def working_day(day: date) -> date:
    """Return the day, or the Friday before it where it lies on a weekend."""
    return day - timedelta(days=max(0, day.weekday() - SATURDAY + 1))


def anchors(today: date) -> dict[str, date]:
    """Return the days that files count from."""
    begin, later = (months_from(today, -ago) for ago in (BEGINS_MONTHS_AGO, LATER_MONTHS_AGO))
    one = timedelta(days=1)
    return {
        "today": today,
        "begin": begin,
        "end": months_from(begin, TERM_MONTHS) - one,
        "later": later,
        "later_end": months_from(later, TERM_MONTHS) - one,
    }


def months_of(begin: date, today: date) -> list[Period]:
    """Return the months from that day on that are over, the oldest first."""
    found = []
    while (first := months_from(begin, len(found))) < today.replace(day=1):
        found.append(Period.parse(f"{first:%Y-%m}"))
    return found


def halves_of(begin: date, today: date) -> list[Period]:
    """Return the half-years from that day on that are over, the oldest first."""
    halves = {f"{each.first.year}-H{1 if each.first.month < 7 else 2}": each
              for each in months_of(begin, today)}  # fmt: skip
    return [half for half in map(Period.parse, halves) if half.last < today]


def late_day(today: date) -> date:
    """Return the day of the work that comes late."""
    (rhythm,) = yaml.safe_load((FOLDER / RHYTHMS).read_text("utf-8"))["late"]
    return working_day(today - timedelta(days=rhythm["from"]))


def write_files(folder: Path, today: date) -> tuple[Path, Path]:
    """Write exchange files for a day of loading; return their folder, and that of late work."""
    first, late = folder / "running", folder / "running-late"
    first.mkdir()
    late.mkdir()
    for path in sorted(FOLDER.glob("*.yaml")):
        text = filled(path.read_text("utf-8"), today)
        if path.name != RHYTHMS:
            (first / path.name).write_text(text, "utf-8")
            continue
        plan, contracts = yaml.safe_load(text), _contracts(first)
        for target, name in ((first, "rhythms"), (late, "late")):
            # What comes late was recorded yesterday, whatever day it is about.
            recorded = working_day(today - timedelta(days=1)) if name == "late" else None
            rows = [
                row
                for each in plan[name]
                for row in records_of(each, contracts, today, recorded=recorded)
            ]
            content = {"fallwerk": 1, "service_records": rows}
            (target / "40-records.yaml").write_text(yaml.safe_dump(content), "utf-8")
    return first, late


def filled(text: str, today: date) -> str:
    """Return the text of a file with its days written out."""
    days = anchors(today)

    def spell(found: re.Match) -> str:
        anchor, offset, how = found.groups()
        day = days[anchor] + timedelta(days=int(offset or 0))
        if offset:
            day = working_day(day)
        if how is None:
            return day.isoformat()
        return _SPELLINGS[how](day) if how in _SPELLINGS else moment(day, time.fromisoformat(how))

    return PLACEHOLDER.sub(spell, text)


_SPELLINGS: dict[str, Callable[[date], str]] = {"de": spelled, "year": lambda day: str(day.year)}


def moment(day: date, at: time) -> str:
    """Return a moment in Berlin as files have it."""
    return datetime.combine(day, at, tzinfo=BERLIN).isoformat()


def records_of(
    rhythm: dict, contracts: dict[str, str], today: date, *, recorded: date | None
) -> Iterator[dict]:
    """Yield the service records of a rhythm, one for each case and day, until yesterday."""
    cases, minutes = rhythm["cases"], rhythm["minutes"]
    for turn in range(rhythm["times"]):
        ago = rhythm["from"] - turn * rhythm["every"]
        if ago < 1:
            return
        day = working_day(today - timedelta(days=ago))
        for place, case in enumerate(cases, 1):
            yield {
                "reference": f"{rhythm['reference']}-{turn + 1:02}-{place}",
                "contract": contracts[case],
                "case": case,
                "day": day.isoformat(),
                "kind": rhythm["kind"],
                "module": rhythm.get("module", ""),
                "minutes": minutes[turn % len(minutes)],
                "participants": len(cases),
                "session": f"{rhythm['reference']}-{turn + 1:02}" if len(cases) > 1 else "",
                "counsellor": rhythm["counsellor"],
                "recorded_at": moment(recorded or day, RECORDED_AT),
                "recorded_by": rhythm["counsellor"],
            }


def _contracts(folder: Path) -> dict[str, str]:
    """Return the contract of each case in the files written there."""
    files = (yaml.safe_load(path.read_text("utf-8")) for path in folder.glob("*.yaml"))
    return {case["number"]: case["contract"] for file in files for case in file.get("cases", ())}
