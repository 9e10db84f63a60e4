"""What reads from a replica, and that nothing is written to it: `python -m` this.

The replica is a copy that has fallen behind, and refuses to be written to. So whatever shows what
the copy holds was read there. DATABASE_URL names an empty, migrated PostgreSQL database. Prints
what was read, as JSON.
"""

import json
import re
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections, transaction

from tests.invariants.killing import Copies, in_child

BEFORE, SINCE = 60, 30
"""Minutes of the record that the copy has, and of the one that it has not."""
MONTH, HALF = "2024-03", "2024-H1"
LEAD = "lead"


def fill() -> None:
    """A contract that is billed and reports, with a record, and who may see it."""
    from tests import factories

    duties = [factories.MONTHLY_STATEMENT, factories.DUTIES[1]]
    contract = factories.make_contract("K-1", duties=duties)
    factories.make_record(factories.make_case(contract, "K-1-1"), minutes=BEFORE)
    lead = factories.make_user(LEAD)
    factories.make_member(contract.provider, user=lead, roles=["provider_lead"])


def write_one_more() -> None:
    """Write what the copy does not get."""
    from forms.models import Case
    from tests import factories

    factories.make_record(Case.objects.get(), day=date(2024, 3, 5), minutes=SINCE)


def exported() -> int:
    """Return how many records an export holds."""
    with TemporaryDirectory() as folder:
        call_command("export_data", folder, stdout=sys.stderr, stderr=sys.stderr)
        (file,) = Path(folder).glob("*service-records.csv")
        return len(file.read_text("utf-8").splitlines()) - 1


def run(job: str, period: str) -> None:
    """Run a job by hand."""
    call_command("run_job", job, "--period", period, stdout=sys.stderr, stderr=sys.stderr)


def read() -> dict:
    """Do all that may read from a replica, and what may not; return what each saw."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    from base.models import Event
    from jobs.models import JobRun, ReportVersion, Statement

    run("statements", MONTH)
    run("reports", HALF)
    client = Client()
    client.force_login(get_user_model().objects.get(username=LEAD))
    file = client.get("/records/", {"export": "csv"}).content.decode("utf-8-sig")
    page = client.get("/records/").content.decode()
    seen = {
        "statement, minutes": round(Statement.objects.get().total),
        "report, minutes": round(float(ReportVersion.objects.get().content["total"]["hours"]) * 60),
        "runs": list(JobRun.objects.order_by("pk").values_list("status", flat=True)),
        "export": exported(),
        "list as a file": len(file.splitlines()) - 1,
        "list on screen": len(set(re.findall(r'href="/records/(\d+)/', page))),
    }
    with transaction.atomic():
        seen["export in a transaction"] = exported()
    exports = Event.objects.filter(kind=Event.Kind.EXPORT).count()
    return {**seen, "exports on record": exports}


def with_none() -> None:
    """Let no replica be named."""
    del connections.databases["replica"]


def as_named() -> None:
    """Let it be as the settings name it."""


def unreachable() -> None:
    """Let it be gone."""
    connections.databases["replica"]["NAME"] = "there_is_no_such_database"


def behind() -> None:
    """Let it never come as far as the database is."""
    from base import replica

    replica.CATCHES_UP_WITHIN = 0
    replica._has = lambda _written: False


STATES = (with_none, as_named, unreachable, behind)


def reading(state: Callable[[], None]) -> Callable[[], dict]:
    """Return what writes one more record and then reads, with a replica in this state."""

    def action() -> dict:
        state()
        write_one_more()
        return read()

    return action


def main() -> None:
    """Fill what becomes the replica, then read on copies of it."""
    copies = Copies()
    fill()
    connection.cursor().execute(
        f'ALTER DATABASE "{copies.base}" SET default_transaction_read_only = on'
    )
    connections.close_all()
    report = {}
    for state in STATES:
        with copies.copy("followed") as name:
            _status, report[state.__name__] = in_child(name, reading(state))
    # The output of the commands went to stderr.
    sys.__stdout__.write(json.dumps(report))


if __name__ == "__main__":
    sys.stdout = sys.stderr
    settings.DATABASES["replica"] = {**settings.DATABASES["default"]}
    settings.DATABASE_ROUTERS = ["base.replica.Router"]
    django.setup()
    main()
