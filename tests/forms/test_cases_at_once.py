"""What files bring of cases waits for what somebody does with these on screen meanwhile."""

import threading
from datetime import date
from time import sleep

import pytest
import yaml
from django.db import connection, transaction

from base.acting import acting_as
from base.exchange.exporting import export_files
from base.exchange.importing import import_files
from base.problems import ExchangeError
from forms.actions.change_deadline import agree_day
from forms.actions.follow_deadlines import follow_deadlines
from forms.actions.open_case import set_status
from forms.actions.record_service import DayEntry, record_day
from forms.models import Case, ServiceRecord
from tests.factories import make_case, make_contract, make_member, make_user
from tests.forms.test_deadlines import INDIVIDUAL, case_with, only
from tests.invariants.test_books_at_once import waits

FILE = "70-service-records.csv"


@pytest.mark.many_connections
@pytest.mark.django_db(transaction=True)
def test_no_file_records_anything_in_a_case_that_is_being_closed(tmp_path):
    case = make_case(make_contract(), assigned_on=date(2024, 5, 16))
    counsellor, by = make_member(case.contract.provider), make_user()
    entry = DayEntry(reference="R-1", case=case, kind="talk", minutes=60)
    record_day(by=counsellor.user, counsellor=counsellor, day=date(2024, 5, 23), entries=[entry])
    export_files(tmp_path)
    file = tmp_path / FILE
    later = file.read_text().replace("R-1", "R-2").replace("2024-05-23", "2024-05-30")
    file.write_text(later)
    refused = []

    def load():
        try:
            with acting_as(by):
                import_files([file], save=True)
        except ExchangeError as error:
            refused.append(str(error))
        finally:
            connection.close()

    other = threading.Thread(target=load)
    with transaction.atomic():
        closed = {"valid_from": date(2024, 5, 27), "status": "closed", "reason": "moved"}
        set_status(case=case, by=by, **closed)
        other.start()
        while other.is_alive() and not waits():
            sleep(0.01)
    other.join()

    assert list(ServiceRecord.objects.values_list("reference", flat=True)) == ["R-1"]
    assert len(refused) == 1


@pytest.mark.many_connections
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("section", "named"), [("deadlines", "case"), ("cases", "number")])
def test_files_and_screens_do_not_wait_for_each_other(section, named, tmp_path):
    """Screens lock cases in the order in which they were opened; a file names them in another."""
    first = case_with(INDIVIDUAL)
    second = make_case(first.contract, "A", assigned_on=first.assigned_on)
    by = make_member(first.contract.commissioning_body, roles=["caseworker"]).user
    for case in (first, second):
        agree_day(only(case), by=by, until=date(2024, 6, 28))
    export_files(tmp_path)
    (file,) = tmp_path.glob(f"*-{section}.yaml")
    told = yaml.safe_load(file.read_text())
    assert [each[named] for each in told[section]] == [second.number, first.number]
    for each in told[section] if section == "cases" else ():
        each["statuses"].append({"valid_from": date(2024, 6, 3), "status": "paused"})
    file.write_text(yaml.safe_dump(told))
    for case in (first, second):
        only(case).delete()
        follow_deadlines([case.pk])
    failed = []

    def load():
        try:
            with acting_as(by):
                import_files([file], save=True)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test tells
            failed.append(error)
        finally:
            connection.close()

    other = threading.Thread(target=load)
    with transaction.atomic():
        Case.objects.filter(pk=first.pk).lock()
        other.start()
        while other.is_alive() and not waits():
            sleep(0.01)
        Case.objects.filter(pk=second.pk).lock()
    other.join()

    assert failed == []
