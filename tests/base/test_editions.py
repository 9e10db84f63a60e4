"""Editions: who may approve, what freezes and what does not, and what the seal notices."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import JSONField
from django.utils import timezone
from wagtail.models import Revision

from base.acting import acting_as
from base.editions import Edition, EditionRow, authors_since_last_edition, publish
from base.immutability import opened_gate
from base.integrity import findings
from cms.content.catalogue import CatalogueContent
from cms.content.description import DescriptionContent
from cms.models import Catalogue, CatalogueEdition, Description, DescriptionEdition
from contracts.actions.hand_in_file import hand_in_file
from contracts.models import Contract, ContractEdition
from tests.factories import (
    amend,
    annex,
    catalogue_content,
    contract_content,
    make_catalogue,
    make_contract,
    make_member,
    make_organisation,
    make_user,
)

pytestmark = pytest.mark.django_db

BEGINS = date(2024, 1, 1)


@pytest.fixture
def people():
    """Author, second person, and a superuser."""
    return make_user("anna"), make_user("ben"), make_user("root", is_superuser=True)


def draft_of(edition):
    """The draft as an editor opens it now: its newest revision."""
    return Catalogue.objects.get(pk=edition.catalogue_id).get_latest_revision_as_object()


def write(draft, user, **changes):
    """Save changes to the draft as the studio does: a revision, nothing published."""
    content = draft.content().model_dump() | changes
    applies_from = content.pop("applies_from", draft.applies_from)
    draft.assign(type(draft.content()).model_validate(content))
    draft.applies_from = applies_from
    return draft.save_revision(user=user)


def go_live(revision, user):
    with acting_as(user):
        revision.publish(user=user, skip_permission_checks=True)


def stored(edition):
    return list(CatalogueEdition.objects.filter(catalogue=edition.catalogue).order_by("number"))


def test_an_import_names_authors_and_approver(people):
    anna, ben, _root = people
    edition = publish(
        Catalogue(key="c"), catalogue_content(), applies_from=BEGINS, authors=[anna], approver=ben
    )
    assert (edition.number, edition.applies_from) == (1, BEGINS)
    assert (edition.authors, edition.approved_by) == (["anna"], ben)
    assert [row.key for row in edition.module_rows.order_by("position")] == ["m1", "m2"]
    assert edition.problems() == []


def test_an_import_is_refused_when_the_approver_is_an_author(people):
    anna, ben, _root = people
    with pytest.raises(ValidationError, match="ben"):
        publish(
            Catalogue(key="c"),
            catalogue_content(),
            applies_from=BEGINS,
            authors=[anna, ben],
            approver=ben,
        )
    assert not Catalogue.objects.exists()
    assert not Revision.objects.exists()


@pytest.mark.parametrize("is_superuser", [False, True], ids=["user", "superuser"])
def test_nobody_approves_what_they_wrote(is_superuser):
    writer, other = make_user("w", is_superuser=is_superuser), make_user("o", is_superuser=True)
    first = make_catalogue("c")
    revision = write(draft_of(first), writer, title="New title")
    with pytest.raises(ValidationError, match="w"):
        with acting_as(writer):
            revision.publish(user=writer, skip_permission_checks=True)
    catalogue = Catalogue.objects.get(key="c")
    assert catalogue.title == "Catalogue"  # nothing live
    assert catalogue.live_revision_id == first.revision
    assert stored(first) == [first]
    go_live(revision, other)
    assert [edition.data.title for edition in stored(first)] == ["Catalogue", "New title"]
    assert stored(first)[-1].authors == ["w"]


def test_nobody_approves_what_they_wrote_among_others(people):
    anna, ben, root = people
    first = make_catalogue("c")
    write(draft_of(first), anna, title="Of Anna")
    revision = write(draft_of(first), ben, note="Of Ben")
    for person in (anna, ben):
        with pytest.raises(ValidationError, match=person.username), transaction.atomic():
            go_live(revision, person)
    go_live(revision, root)
    assert stored(first)[-1].authors == ["anna", "ben"]


def test_saving_without_a_change_makes_nobody_an_author(people):
    anna, _ben, root = people
    first = make_catalogue("c")
    write(draft_of(first), anna, title="Of Anna")
    go_live(write(draft_of(first), root), root)
    assert stored(first)[-1].authors == ["anna"]


def test_another_spelling_of_the_same_content_is_no_change(people):
    """A form sends ids of list items, 7 as 7.00 and line breaks of two characters."""
    anna, _ben, root = people
    first = make_catalogue("c")
    write(draft_of(first), anna, note="Two\nlines", title="Of Anna")
    draft = draft_of(first)
    draft.note = "Two\r\nlines"
    quantity = draft.modules[0].value["quantities"][0]
    quantity["maximum"] = Decimal(f"{quantity['maximum']:.2f}")
    revision = draft.save_revision(user=root)
    assert authors_since_last_edition(draft, revision) == ["anna"]
    go_live(revision, root)
    last = stored(first)[-1]
    assert last.data.note == "Two\nlines"


def test_a_changed_first_day_alone_is_a_change(people):
    anna, _ben, root = people
    first = make_catalogue("c")
    revision = write(draft_of(first), anna, applies_from=date(2025, 1, 1))
    with pytest.raises(ValidationError, match="anna"), transaction.atomic():
        go_live(revision, anna)
    go_live(revision, root)
    assert [edition.applies_from.year for edition in stored(first)] == [2010, 2025]


def test_publishing_again_without_a_change_adds_no_edition(people):
    anna, _ben, root = people
    first = make_catalogue("c")
    for person in (root, anna):
        go_live(write(draft_of(first), person), person)
    assert stored(first) == [first]


def test_an_import_without_a_change_is_refused(people):
    anna, ben, _root = people
    first = make_catalogue("c")
    with pytest.raises(ValidationError):
        publish(
            draft_of(first),
            first.data,
            applies_from=first.applies_from,
            authors=[anna],
            approver=ben,
        )
    assert stored(first) == [first]


def test_nothing_is_frozen_without_a_person(people):
    anna, *_others = people
    first = make_catalogue("c")
    revision = write(draft_of(first), anna, title="Of Anna")
    with pytest.raises(ValidationError), transaction.atomic():
        revision.publish()
    assert stored(first) == [first]


def test_what_stands_over_the_frozen_revision_still_has_its_author(people):
    """A form left open saves over its own revision: even over one that was frozen meanwhile."""
    anna, ben, _root = people
    first = make_catalogue("c")
    write(draft_of(first), anna, title="Of Anna")
    frozen = write(draft_of(first), ben)
    go_live(frozen, ben)
    draft = draft_of(first)
    draft.title = "Of Ben"
    late = draft.save_revision(user=ben, overwrite_revision=frozen)
    assert late.pk != frozen.pk
    with pytest.raises(ValidationError, match="ben"), transaction.atomic():
        go_live(late, ben)
    # The same by force, past save_revision.
    frozen.refresh_from_db()
    Revision.objects.filter(pk=frozen.pk).update(content=late.content)
    late.delete()
    frozen.refresh_from_db()
    assert authors_since_last_edition(draft, frozen) == ["ben"]


def test_an_older_revision_keeps_its_authors(people):
    anna, ben, root = people
    first = make_catalogue("c")
    older = write(draft_of(first), anna, title="Of Anna")
    newer = write(draft_of(first), ben, title="Of Ben")
    go_live(newer, root)
    with pytest.raises(ValidationError, match="anna"), transaction.atomic():
        go_live(older, anna)
    go_live(older, root)
    assert [edition.data.title for edition in stored(first)] == ["Catalogue", "Of Ben", "Of Anna"]


def scheduled(first, author, approver):
    draft = draft_of(first)
    draft.go_live_at = timezone.now() + timedelta(days=2)
    revision = write(draft, author, title="Later")
    go_live(revision, approver)
    return revision


def test_scheduling_does_not_freeze(people):
    anna, ben, _root = people
    first = make_catalogue("c")
    scheduled(first, anna, ben)
    assert stored(first) == [first]
    assert Catalogue.objects.get(key="c").title == "Catalogue"


def test_what_the_clock_publishes_was_approved_when_it_was_scheduled(people):
    anna, ben, _root = people
    first = make_catalogue("c")
    revision = scheduled(first, anna, ben)
    past = timezone.now() - timedelta(minutes=1)
    content = revision.content | {"go_live_at": past.isoformat()}
    Revision.objects.filter(pk=revision.pk).update(approved_go_live_at=past, content=content)
    call_command("publish_scheduled")
    assert [edition.data.title for edition in stored(first)] == ["Catalogue", "Later"]
    assert (stored(first)[-1].authors, stored(first)[-1].approved_by) == (["anna"], ben)


def test_a_failure_while_freezing_leaves_nothing_live(people, monkeypatch):
    anna, ben, _root = people
    first = make_catalogue("c")
    revision = write(draft_of(first), anna, title="Of Anna")

    def fail(edition):
        raise RuntimeError("no rows")

    monkeypatch.setattr(CatalogueEdition, "rows", fail)
    with pytest.raises(RuntimeError):
        go_live(revision, ben)
    monkeypatch.undo()
    catalogue = Catalogue.objects.get(key="c")
    assert (catalogue.title, catalogue.live_revision_id) == ("Catalogue", first.revision)
    assert stored(first) == [first]


def test_wrong_content_is_not_frozen_and_says_where(people):
    anna, ben, _root = people
    first = make_catalogue("c")
    draft = draft_of(first)
    draft.modules[0].value["quantities"][0]["unit"] = "day"
    revision = draft.save_revision(user=anna)
    with pytest.raises(ValidationError, match="modules.m1.unit: day .*hour, session"):
        go_live(revision, ben)
    assert stored(first) == [first]


def test_the_key_is_fixed_once_there_is_an_edition(people):
    anna, ben, _root = people
    first = make_catalogue("c")
    draft = draft_of(first)
    draft.key = "d"
    with pytest.raises(ValidationError, match="key"):
        draft.full_clean()
    revision = draft.save_revision(user=anna, clean=False)
    with pytest.raises(ValidationError), transaction.atomic():
        go_live(revision, ben)
    assert Catalogue.objects.get(pk=draft.pk).key == "c"


def test_the_parties_of_a_contract_are_fixed_once_it_is_concluded():
    assert {field.name for field in Contract.identity()} == {
        "number",
        "commissioning_body",
        "provider",
    }
    contract = make_contract()
    contract.provider = make_organisation("another")
    with pytest.raises(ValidationError, match="provider"):
        contract.full_clean()


def test_numbers_count_up_and_the_highest_in_force_wins(people):
    first = make_catalogue("c", applies_from=date(2020, 1, 1))
    second = make_catalogue("c", applies_from=date(2024, 1, 1), need_groups=["hbg-1"])
    third = make_catalogue("c", applies_from=date(2022, 1, 1), need_groups=["hbg-2"])
    assert [e.number for e in stored(first)] == [1, 2, 3]
    editions = first.catalogue.editions

    def in_force(day):
        return editions.in_force_on(day).first()

    assert in_force(date(2019, 12, 31)) is None
    assert in_force(date(2021, 12, 31)) == first
    assert in_force(date(2022, 1, 1)) == third
    assert in_force(date(2024, 1, 1)) == third  # supersedes what was agreed before it
    assert second.pk


def test_a_contract_needs_both_signatures_and_annexes_that_exist():
    edition = make_catalogue("c")
    missing = annex(edition) | {"edition": 7}
    with pytest.raises(ValidationError, match="c-1.* 7 .*c"):
        make_contract("A", annexes=[missing])
    assert not Contract.objects.exists()
    one = [s.model_dump() for s in contract_content(parties=("jobcenter",)).signatures]
    with pytest.raises(ValidationError, match="provider"):
        make_contract("A", signatures=one)
    assert not ContractEdition.objects.exists()


# --- the seal ---------------------------------------------------------------------------------


@pytest.fixture
def editions():
    """A catalogue and a contract with rows of every kind, and others they could be mistaken for."""
    content = catalogue_content(
        phases=[{"key": "p", "label": "Phase"}],
        add_ons=[{"module": "m2", "timing": "before_others", "after": "m1"}],
    ).model_dump(mode="json")
    content["modules"][0] |= {
        "phase": "p",
        "extras": [{"unit": "hour", "quantity": "3", "condition": "first", "label": "First"}],
    }
    catalogue = make_catalogue("c", content=CatalogueContent.model_validate(content))
    other = make_catalogue("d", modules=("x1",), need_groups=("x",))
    Catalogue.objects.create(key="e", title="Not published", applies_from=BEGINS, live=False)
    contract = make_contract("A", catalogues=(catalogue, other))
    amendment = amend(
        contract,
        applies_from=date(2020, 1, 1),
        clauses=[{"number": f"§ {number}", "title": "Other"} for number in range(1, 9)],
    )
    Contract.objects.create(
        number="B",
        title="Not concluded",
        applies_from=BEGINS,
        live=False,
        commissioning_body=contract.commissioning_body,
        provider=contract.provider,
    )
    described = DescriptionContent.model_validate(
        {
            "title": "Description",
            "offer": ["Help"],
            "service_areas": [{"key": "a", "number": "1", "title": "Area"}],
            "phases": [{"key": "p", "title": "Phase"}],
            "standards": [{"key": "s", "label": "Standard", "event": "Referral", "days": 14}],
        }
    )
    persons = {"authors": [make_user("x")], "approver": make_user("y")}
    description, _other = (
        publish(Description(key=key), described, applies_from=BEGINS, **persons) for key in "de"
    )
    Description.objects.create(key="f", title="Not published", applies_from=BEGINS, live=False)
    hand_in_file(
        organisation=contract.commissioning_body,
        name="Plan.pdf",
        content=b"%PDF-1.4\nplan\n",
        by=make_member(contract.commissioning_body, roles=["manager"]).user,
    )
    return [catalogue, contract.editions.get(number=1), amendment, description]


def other_value(field, value):
    """A value of the field's type that differs from the one given."""
    if field.is_relation:
        others = field.related_model.objects.exclude(pk=value).order_by("-pk")
        return others.values_list("pk", flat=True)[0]
    if isinstance(field, JSONField):
        return {"changed": True}
    kind = field.get_internal_type()
    if kind == "BooleanField":
        return not value
    if kind in ("DateField", "DateTimeField"):
        return (value or BEGINS) + timedelta(days=1)
    if kind in ("CharField", "TextField"):
        return f"{value}x"[-field.max_length :]
    return (value or 0) + 7


def columns_of(edition):
    """Every column of an edition and of one of each of its rows, with that row."""
    rows = [edition, *(m.objects.filter(edition=edition).first() for m in edition.row_models)]
    for row in filter(None, rows):
        for field in row._meta.concrete_fields:
            if not field.primary_key:
                yield row, field


def change(row, field, value):
    """Write a value past everything but the triggers."""
    table, column = row._meta.db_table, field.column
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{table}" SET "{column}" = %s WHERE id = %s',  # noqa: S608
            [field.get_db_prep_save(value, connection), row.pk],
        )


@pytest.mark.silent_writes
def test_every_changed_column_is_refused_and_found(editions):
    """By raw SQL: refused by the triggers, and where they let it pass, found by the seal."""
    seen = set()
    for edition in editions:
        for row, field in columns_of(edition):
            new = other_value(field, getattr(row, field.attname))
            where = f"{row._meta.label}.{field.name}"
            with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
                change(row, field, new)
            with pytest.raises(Rollback), opened_gate("changed by a test"):
                change(row, field, new)
                assert type(edition).objects.get(pk=edition.pk).problems(), where
                raise Rollback
            seen.add(where)
        assert type(edition).objects.get(pk=edition.pk).problems() == []
    frozen = (CatalogueEdition, ContractEdition, DescriptionEdition)
    expected = {
        f"{model._meta.label}.{field.name}"
        for edition_model in frozen
        for model in (edition_model, *edition_model.row_models)
        for field in model._meta.concrete_fields
        if not field.primary_key
    }
    assert expected - seen == set()


class Rollback(Exception):
    """Undo what a test changed."""


@pytest.mark.silent_writes
@pytest.mark.parametrize("happening", ["deleted", "added", "moved"])
def test_rows_are_those_of_the_content(editions, happening):
    catalogue = editions[0]
    row = catalogue.module_rows.order_by("pk").first()
    with transaction.atomic(), opened_gate("changed by a test"):
        if happening == "deleted":
            row.delete()
        elif happening == "added":
            row.pk, row.key = None, "m9"
            row.save(force_insert=True)
        else:
            keys = list(catalogue.module_rows.order_by("pk").values_list("pk", flat=True))
            for position, key in enumerate(reversed(keys)):
                catalogue.module_rows.filter(pk=key).update(position=position + 10)
    problems = CatalogueEdition.objects.get(pk=catalogue.pk).problems()
    assert problems == [f"cms_catalogueedition {catalogue.pk}: rows do not match the content"]
    assert problems[0] in list(findings())


def test_every_edition_has_rows():
    for model in Edition.__subclasses__():
        assert model.row_models
        assert all(issubclass(row, EditionRow) for row in model.row_models)
