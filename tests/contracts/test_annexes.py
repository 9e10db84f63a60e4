"""Annexes of five kinds: what each says on a day, who adapts it, and that money is not touched."""

import json
from contextlib import suppress
from datetime import date, timedelta
from importlib import import_module
from io import BytesIO

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse
from docx import Document
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import html
from yaml import safe_load

from base.editions import publish
from base.exchange.exporting import export_files
from base.exchange.importing import import_files
from base.integrity import findings
from base.models import Event
from cms.content.description import DescriptionContent
from cms.models import Description
from contracts.actions.adapt_annex import adapt_annex, agree_to_adaptation, take_back_adaptation
from contracts.actions.hand_in_file import hand_in_file
from contracts.annexes import annexes_on, catalogues_on, editions_ever, editions_of
from contracts.billing import Period
from contracts.comparison import compare_contracts
from contracts.documents.contract import make_contract_document
from contracts.models import AnnexAdaptation, ContractFile
from contracts.views.usage import contracts_using
from forms.actions.move_case import later_editions
from jobs.actions.compute_statement import compute_statement
from tests import factories
from tests.factories import amend, make_catalogue, make_contract, place

pytestmark = pytest.mark.django_db

BEGINS = factories.BEGINS
JULY = date(2024, 7, 1)
PDF = b"%PDF-1.4\nplan of the premises\n"
CONTACTS = [
    {"name": "Addiction service", "party": "provider", "phone": "02990 1234"},
    {"name": "Case desk", "party": "jobcenter", "email": "desk@jobcenter.example"},
]
# An amendment names an edition before its first day, and follows from it on.
NOT_YET_IN_FORCE = [
    ("edition", BEGINS + timedelta(days=9), None),
    (
        "amended",
        BEGINS + timedelta(days=4),
        {"adapted_by": "newest", "edition": 2, "valid_until": None},
    ),
]
STEPS = ["First talk within seven days", "Plan after four weeks"]


def of(key: str, kind: str, *, adapted_by="agreement", **own) -> dict:
    """Return an annex."""
    head = {"key": key, "label": f"Annex {key}", "kind": kind, "valid_from": BEGINS}
    return head | {"adapted_by": adapted_by} | own


def catalogue_annex(adapted_by: str, edition: int = 1) -> dict:
    return of("modules", "catalogue", adapted_by=adapted_by, source="addiction", edition=edition)


def works(organisation, role: str, name: str):
    user = factories.make_user(name, email=f"{name}@example.org", first_name=name.title())
    return factories.make_member(organisation, roles=[role], user=user).user


@pytest.fixture
def first():
    return make_catalogue("addiction", modules=("m1",))


@pytest.fixture
def body():
    return factories.make_commissioning_body()


@pytest.fixture
def file(body):
    by = works(body, "manager", "fiona")
    return hand_in_file(organisation=body, name="Lageplan.pdf", content=PDF, by=by)


@pytest.fixture
def contract(first, file):
    """A contract with an annex of each kind, all adapted by agreement."""
    author, approver = factories.make_user(), factories.make_user()
    content = DescriptionContent(title="Outreach", offer=["Visits"])
    publish(
        Description(key="outreach"),
        content,
        applies_from=BEGINS,
        authors=[author],
        approver=approver,
    )
    return make_contract(
        "C-1",
        annexes=[
            catalogue_annex("agreement"),
            of("service", "description", source="outreach", edition=1),
            of("plan-of-premises", "document", file=file.key),
            of("contacts", "contacts", contacts=CONTACTS),
            of("course", "plan", paragraphs=STEPS),
        ],
    )


@pytest.fixture
def anna(contract):
    """Writes contracts for the commissioning body, and does not sign."""
    return works(contract.commissioning_body, "manager", "anna")


@pytest.fixture
def dora(contract):
    """Signs for the commissioning body."""
    return works(contract.commissioning_body, "director", "dora")


@pytest.fixture
def paul(contract):
    """Signs for the provider."""
    return works(contract.provider, "provider_lead", "paul")


@pytest.fixture
def paul_and_dora(body):
    """Who signs for the provider, and for the commissioning body."""
    provider = factories.make_organisation("provider")
    return works(provider, "provider_lead", "paul"), works(body, "director", "dora")


def adapt(contract, annex: str, own, by, *, applies_from=JULY) -> AnnexAdaptation:
    return adapt_annex(
        contract, annex, own, by=by, applies_from=applies_from, reason="As both wish"
    )


def agreed(contract, annex: str, own, paul, dora, *, applies_from=JULY) -> AnnexAdaptation:
    """What the provider proposes, which agrees by that, and the commissioning body agrees to."""
    adaptation = adapt(contract, annex, own, paul, applies_from=applies_from)
    return agree_to_adaptation(adaptation, by=dora, party=contract.commissioning_body)


def said(contract, day: date) -> dict[str, object]:
    """Return by annex what its kind alone has, on a day."""
    edition = contract.edition_on(day)
    return {each.part.key: getattr(each.part, each.part.OWN) for each in annexes_on(edition, day)}


def row(contract, key: str) -> int:
    """Return the number of an annex in the newest edition."""
    return contract.editions.latest("number").annex_rows.get(key=key).pk


def words(response) -> str:
    return " ".join(html.fromstring(response.content.decode()).text_content().split())


class TestAgreement:
    def test_counts_from_its_day_once_both_have_agreed(self, contract, anna, dora, paul):
        before = said(contract, JULY)
        adaptation = adapt(contract, "course", ["One step"], anna)
        assert adaptation.agreed_at is None and said(contract, JULY) == before
        agree_to_adaptation(adaptation, by=dora, party=contract.commissioning_body)
        assert said(contract, JULY) == before
        agree_to_adaptation(adaptation, by=paul, party=contract.provider)
        assert said(contract, JULY - timedelta(days=1)) == before
        assert said(contract, JULY) == before | {"course": ("One step",)}
        assert said(contract, date(2030, 1, 1))["course"] == ("One step",)
        stored = AnnexAdaptation.objects.get()
        assert (stored.body_agreed_by, stored.provider_agreed_by) == (dora, paul)
        assert contract.editions.count() == 1
        assert list(findings()) == []

    def test_who_signs_agrees_by_proposing(self, contract, dora, paul):
        mail.outbox.clear()
        adaptation = adapt(contract, "course", ["One step"], paul)
        assert (adaptation.provider_agreed_by, adaptation.body_agreed_by) == (paul, None)
        assert [message.to for message in mail.outbox] == [["dora@example.org"]]
        assert reverse("adaptation", args=[adaptation.pk]) in mail.outbox[0].body

    def test_nobody_agrees_for_another_party_or_twice(self, contract, anna, dora, paul):
        adaptation = adapt(contract, "course", ["One step"], paul)
        for person, party in (
            (anna, contract.commissioning_body),
            (dora, contract.provider),
            (paul, contract.commissioning_body),
            (paul, contract.provider),
        ):
            with pytest.raises(ValidationError):
                agree_to_adaptation(adaptation, by=person, party=party)
        assert AnnexAdaptation.objects.get().agreed_at is None

    def test_taken_back_it_never_counts(self, contract, dora, paul):
        before = said(contract, JULY)
        adaptation = take_back_adaptation(adapt(contract, "course", ["x"], paul), by=paul)
        with pytest.raises(ValidationError):
            agree_to_adaptation(adaptation, by=dora, party=contract.commissioning_body)
        assert said(contract, JULY) == before
        with pytest.raises(ValidationError):
            take_back_adaptation(agreed(contract, "course", ["y"], paul, dora), by=paul)

    def test_the_later_day_counts_then_the_later_agreement(self, contract, dora, paul):
        agreed(contract, "course", ["from July"], paul, dora)
        agreed(contract, "course", ["from August"], paul, dora, applies_from=date(2024, 8, 1))
        agreed(contract, "course", ["from July, again"], paul, dora)
        assert said(contract, JULY)["course"] == ("from July, again",)
        assert said(contract, date(2024, 8, 1))["course"] == ("from August",)

    @pytest.mark.parametrize(
        ("annex", "own", "day"),
        [
            pytest.param("modules", 2, JULY, id="an edition there is not"),
            pytest.param("plan-of-premises", "0" * 40, JULY, id="a file there is not"),
            pytest.param("contacts", [], JULY, id="no contact"),
            pytest.param("course", STEPS, JULY, id="what it says already"),
            pytest.param("nothing", ["x"], JULY, id="an annex there is not"),
            pytest.param("course", ["x"], BEGINS - timedelta(days=1), id="before the contract"),
        ],
    )
    def test_what_cannot_be(self, contract, paul, annex, own, day):
        with pytest.raises(ValidationError):
            adapt(contract, annex, own, paul, applies_from=day)
        assert not AnnexAdaptation.objects.exists()

    def test_what_is_adapted_by_amendment_alone_is_refused(self, contract, paul):
        amend(contract, applies_from=JULY, annexes=[catalogue_annex("amendment")])
        make_catalogue("addiction", modules=("m1", "m2"))
        with pytest.raises(ValidationError):
            adapt(contract, "modules", 2, paul)

    def test_one_waits_at_a_time(self, contract, paul, anna):
        adapt(contract, "course", ["x"], paul)
        with pytest.raises(ValidationError):
            adapt(contract, "course", ["y"], anna)
        adapt(contract, "contacts", CONTACTS[:1], anna)

    def test_an_amendment_of_other_things_leaves_it(self, contract, dora, paul):
        agreed(contract, "course", ["One step"], paul, dora)
        amend(contract, applies_from=date(2024, 9, 1), title="Amended")
        assert said(contract, date(2024, 9, 1))["course"] == ("One step",)

    def test_an_amendment_of_the_annex_itself_takes_its_place(self, contract, dora, paul):
        agreed(contract, "course", ["One step"], paul, dora)
        annexes = [of("course", "plan", paragraphs=["Amended"])]
        amend(contract, applies_from=date(2024, 9, 1), annexes=annexes)
        assert said(contract, date(2024, 8, 31))["course"] == ("One step",)
        assert said(contract, date(2024, 9, 1)) == {"course": ("Amended",)}

    def test_nobody_agrees_to_what_an_amendment_overtook(self, contract, dora, paul):
        """It would count from no day on, and the page would call it agreed."""
        adaptation = adapt(contract, "course", ["One step"], paul)
        contacts = adapt(contract, "contacts", CONTACTS[:1], paul)
        told = len(mail.outbox)
        annexes = [
            of("course", "plan", paragraphs=["Amended"]),
            of("contacts", "contacts", contacts=CONTACTS),
        ]
        amend(contract, applies_from=JULY, annexes=annexes)
        with pytest.raises(ValidationError):
            agree_to_adaptation(adaptation, by=dora, party=contract.commissioning_body)
        adaptation.refresh_from_db()
        assert adaptation.is_open and len(mail.outbox) == told
        take_back_adaptation(adaptation, by=paul)
        agreed(contract, "course", ["One step"], paul, dora)
        # The annex that the amendment left alone is adapted as it was proposed.
        agree_to_adaptation(contacts, by=dora, party=contract.commissioning_body)
        assert said(contract, JULY)["course"] == ("One step",)
        assert len(said(contract, JULY)["contacts"]) == 1

    def test_nobody_agrees_to_what_is_no_part_of_the_contract_any_more(self, contract, dora, paul):
        adaptation = adapt(contract, "course", ["One step"], paul)
        amend(contract, applies_from=JULY, annexes=[catalogue_annex("agreement")])
        with pytest.raises(ValidationError):
            agree_to_adaptation(adaptation, by=dora, party=contract.commissioning_body)

    def test_what_was_agreed_stays_as_it_is(self, contract, dora, paul):
        adaptation = agreed(contract, "course", ["One step"], paul, dora)
        for change in (
            lambda: AnnexAdaptation.objects.filter(pk=adaptation.pk).update(content={}),
            lambda: AnnexAdaptation._base_manager.filter(pk=adaptation.pk)._raw_delete("default"),
            lambda: ContractFile.objects.update(name="another.pdf"),
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                change()


class TestEditions:
    def test_agreement_brings_a_later_edition_of_the_catalogue(self, contract, first, dora, paul):
        second = make_catalogue("addiction", modules=("m1", "m2"))
        case = factories.make_case(contract)
        place(case, first)
        day = case.assigned_on + timedelta(days=10)
        assert later_editions(case, day) == []
        agreed(contract, "modules", 2, paul, dora, applies_from=day)
        assert later_editions(case, day) == [second]
        assert catalogues_on(contract, day - timedelta(days=1)) == [first]
        assert catalogues_on(contract, day) == [second]
        assert case.placement_on(day).catalogue_edition == first
        assert editions_ever(contract, first.catalogue) == {first: BEGINS, second: day}

    def test_an_annex_that_follows_says_what_is_newest_from_its_first_day(self, first):
        contract = make_contract(annexes=[catalogue_annex("newest")])
        assert catalogues_on(contract, JULY) == [first]
        second = make_catalogue("addiction", modules=("m1", "m2"), applies_from=JULY)
        assert catalogues_on(contract, JULY - timedelta(days=1)) == [first]
        assert catalogues_on(contract, JULY) == [second]
        # Retroactive, and of a higher number: in force on its days, as everywhere.
        third = make_catalogue("addiction", modules=("m3",), applies_from=date(2024, 6, 1))
        assert catalogues_on(contract, JULY) == [third]
        ever = editions_ever(contract, first.catalogue)
        assert ever == {first: BEGINS, second: JULY, third: date(2024, 6, 1)}

    def test_it_follows_to_none_before_the_one_it_names(self, first):
        second = make_catalogue("addiction", modules=("m1", "m2"), applies_from=date(2030, 1, 1))
        contract = make_contract(annexes=[catalogue_annex("newest", edition=2)])
        assert catalogues_on(contract, JULY) == [second]

    def test_one_that_is_adapted_by_amendment_stays(self, first):
        contract = make_contract(annexes=[catalogue_annex("amendment")])
        make_catalogue("addiction", modules=("m1", "m2"))
        assert catalogues_on(contract, JULY) == [first]

    def test_many_contracts_say_what_each_says(self, first, contract, dora, paul):
        """Asked for all at once, for reports, as for one, on days around each change."""
        follows = make_contract("C-2", annexes=[catalogue_annex("newest")])
        fixed = make_contract("C-3", annexes=[catalogue_annex("amendment")])
        make_catalogue("addiction", modules=("m1", "m2"), applies_from=date(2024, 8, 1))
        agreed(contract, "modules", 2, paul, dora)
        for day in (BEGINS, date(2024, 6, 30), JULY, date(2024, 7, 31), date(2024, 8, 1)):
            editions = {each.edition_on(day): each for each in (contract, follows, fixed)}
            found = editions_of({edition.pk: day for edition in editions})
            for edition, each in editions.items():
                assert found[edition.pk] == {own.pk for own in catalogues_on(each, day)}, day

    def test_asked_of_a_day_or_of_all_days_the_answer_is_one(self, first, paul_and_dora):
        """Whatever is published, agreed and amended in whichever order, on days around each."""
        days = st.dates(BEGINS - timedelta(days=3), BEGINS + timedelta(days=40))
        amended = st.fixed_dictionaries(
            {
                "adapted_by": st.sampled_from(["agreement", "newest"]),
                "edition": st.integers(1, 3),
                "valid_until": st.none() | st.dates(BEGINS, BEGINS + timedelta(days=40)),
            }
        )
        what = st.one_of(
            st.tuples(st.just("edition"), days, st.none()),
            st.tuples(st.just("agreed"), days, st.integers(1, 3)),
            st.tuples(st.just("amended"), days, amended),
        )

        def happen(contract, name: str, day: date, value) -> None:
            if name == "edition":
                number = first.catalogue.editions.count() + 1
                codes = tuple(f"m{each}" for each in range(1, number + 1))
                make_catalogue("addiction", modules=codes, applies_from=day)
            elif name == "agreed":
                agreed(contract, "modules", value, *paul_and_dora, applies_from=day)
            else:
                annex = of("modules", "catalogue", source="addiction", **value)
                amend(contract, applies_from=day, annexes=[annex])

        @settings(max_examples=max(settings.default.max_examples // 10, 5))
        @given(adapted_by=st.sampled_from(["agreement", "newest"]), happens=st.lists(what))
        @example(adapted_by="newest", happens=NOT_YET_IN_FORCE)
        def whatever_happens(adapted_by, happens):
            with transaction.atomic():
                contract = make_contract("C-9", annexes=[catalogue_annex(adapted_by)])
                for each in happens:
                    with suppress(ValidationError), transaction.atomic():
                        happen(contract, *each)
                changing = {BEGINS, *(day for _name, day, _value in happens)}
                changing |= {
                    row.valid_until + timedelta(days=1)
                    for edition in contract.editions.all()
                    for row in edition.annex_rows.exclude(valid_until=None)
                }
                around = {day - timedelta(days=before) for day in changing for before in (0, 1)}
                for edition in contract.editions.all():
                    for day in around:
                        of_day = {
                            each.edition.pk
                            for each in annexes_on(edition, day)
                            if each.row.is_valid_on(day)
                        }
                        assert editions_of({edition.pk: day}).get(edition.pk, set()) == of_day, day
                transaction.set_rollback(True)

        whatever_happens()

    def test_the_page_of_an_edition_names_who_uses_it_by_agreement_or_follows(
        self, rf, contract, first, anna, dora, paul
    ):
        make_contract("C-2", annexes=[catalogue_annex("newest")])
        make_contract("C-3", annexes=[catalogue_annex("amendment")])
        second = make_catalogue("addiction", modules=("m1", "m2"), applies_from=JULY)
        agreed(contract, "modules", 2, paul, dora)
        request = rf.get("/")
        request.user = anna

        def using(edition) -> dict[str, bool]:
            rows = contracts_using(request, edition)["rows"]
            return {contract.number: applies for contract, _annex, applies in rows}

        assert using(second) == {"C-1": True, "C-2": True}
        assert using(first) == {"C-1": False, "C-2": False, "C-3": True}


class TestMoney:
    def test_no_adaptation_touches_what_was_computed(self, contract, first, dora, paul):
        """Decision 1: money follows contract editions, cases stay with their catalogue."""
        make_catalogue("addiction", modules=("m1", "m2"))
        case = factories.make_case(contract)
        place(case, first)
        period = Period.month_of(case.assigned_on)
        factories.make_record(case, day=case.assigned_on, minutes=90)

        def lines():
            statement, _changed = compute_statement(contract, period)
            return list(statement.lines.order_by("position").values_list(
                "term", "quantity", "rate", "amount", "edition", "inputs"
            ))  # fmt: skip

        before = lines()
        assert before
        for annex, own in (("modules", 2), ("course", ["x"]), ("contacts", CONTACTS[:1])):
            agreed(contract, annex, own, paul, dora, applies_from=case.assigned_on)
            assert lines() == before


class TestFiles:
    def test_is_kept_once_under_its_hash(self, body, file):
        assert file.sha256.startswith(file.key) and file.size == len(PDF)
        by = works(body, "manager", "gina")
        with pytest.raises(ValidationError):
            hand_in_file(organisation=body, name="Again.pdf", content=PDF, by=by)
        with pytest.raises(ValidationError):
            hand_in_file(organisation=body, name="Program.exe", content=b"MZ", by=by)
        assert ContractFile.objects.count() == 1

    def test_is_read_by_who_reads_a_contract_that_names_it(self, client, contract, file, paul):
        address = reverse("contract-file", args=[file.pk])
        client.force_login(paul)
        answer = client.get(address)
        assert b"".join(answer.streaming_content) == PDF
        assert "Lageplan.pdf" in answer["Content-Disposition"]
        assert Event.objects.get(kind=Event.Kind.DOWNLOAD).title == "Lageplan.pdf"
        housing = factories.make_organisation("housing", kind="commissioning_body")
        strangers = [
            works(factories.make_organisation("elsewhere"), "provider_lead", "egon"),
            works(housing, "manager", "hans"),
        ]
        for stranger in strangers:
            client.force_login(stranger)
            assert client.get(address).status_code == 404

    def test_a_contract_names_no_file_of_another_house(self, file):
        housing = factories.make_organisation("housing", kind="commissioning_body")
        parties = ("housing", "provider")
        with pytest.raises(ValidationError, match=file.key):
            make_contract(
                "H-1",
                body=housing,
                annexes=[of("plan", "document", file=file.key)],
                signatures=factories.signatures(parties),
            )

    def test_a_lost_file_is_found(self, file):
        from django.core.files.storage import default_storage

        from base.documents import stored_path

        default_storage.delete(stored_path(file.sha256, file.suffix))
        assert any("contractfile" in each for each in findings())


class TestDocument:
    def text(self, contract, **options) -> str:
        made = make_contract_document(contract.editions.get(), **options)
        return "\n".join(each.text for each in Document(BytesIO(made)).paragraphs)

    def test_prints_each_kind(self, contract, file):
        text = self.text(contract)
        for expected in (
            "Annex modules",
            "Lageplan.pdf",
            file.sha256,
            "Addiction service, 02990 1234",
            *STEPS,
        ):
            assert expected in text, expected

    def test_is_the_same_after_an_adaptation_and_another_as_of_its_day(self, contract, dora, paul):
        before = self.text(contract)
        agreed(contract, "course", ["One step"], paul, dora)
        assert self.text(contract) == before
        adapted = self.text(contract, on=JULY)
        assert "One step" in adapted and STEPS[0] not in adapted
        assert "angepasst durch Vereinbarung ab 01.07.2024" in adapted
        assert self.text(contract, on=JULY - timedelta(days=1)) == before


class TestComparison:
    def test_is_by_meaning(self, contract, dora, paul):
        old = contract.editions.get().data
        new = amend(
            contract,
            applies_from=JULY,
            annexes=[
                catalogue_annex("newest"),
                of("contacts", "contacts", contacts=[CONTACTS[0] | {"phone": "02990 9"}]),
                of("course", "plan", paragraphs=[STEPS[0], "Plan after six weeks"]),
            ],
        ).data
        found = {change.place: (change.old, change.new) for change in compare_contracts(old, new)}
        assert found["annexes.contacts.contacts.Addiction service.phone"] == (
            "02990 1234", "02990 9",
        )  # fmt: skip
        assert "annexes.modules.adapted_by" in found
        assert any(place.startswith("annexes.course.paragraphs") for place in found)
        assert "annexes.plan-of-premises" in found and "annexes.service" in found


def test_drafts_written_before_keep_their_annexes_by_kind():
    """As a stream had them: one kind of child, which said its kind in a field."""
    kinds = import_module("contracts.migrations.0016_annexes_and_accounts")._as_kinds
    value = {"key": "a", "label": "A", "kind": "description", "source": "s", "edition": 1}
    stream = [{"type": "item", "id": "1", "value": value}, {"type": "item", "value": {}}]
    assert kinds(json.dumps(stream)) == [
        {
            "type": "description",
            "id": "1",
            "value": {"key": "a", "label": "A", "source": "s", "edition": 1},
        },
        {"type": "catalogue", "value": {}},
    ]
    assert kinds(kinds(stream)) == kinds(stream)


class TestPages:
    def sent(self, client, person, name, args, **values):
        client.force_login(person)
        page = client.get(reverse(name, args=args))
        assert page.status_code == 200, page.status_code
        forms = html.fromstring(page.content.decode()).forms
        (form,) = (each for each in forms if "_reference" in each.fields)
        given = {key: value or "" for key, value in form.fields.items()}
        return client.post(page.request["PATH_INFO"], given | values)

    def test_provider_adapts_the_plan_and_the_body_agrees(self, client, contract, anna, dora, paul):
        values = {"paragraphs": "One step\nAnother", "reason": "New", "applies_from": "01.07.2024"}
        answer = self.sent(client, paul, "annex-adapt", [row(contract, "course")], **values)
        (adaptation,) = AnnexAdaptation.objects.all()
        assert answer.url == reverse("adaptation", args=[adaptation.pk])
        client.force_login(dora)
        assert answer.url in client.get(reverse("home")).content.decode()
        page = words(client.get(answer.url))
        assert "One step" in page and STEPS[0] in page and "Paul" in page
        assert self.sent(client, dora, "adaptation-agree", [adaptation.pk]).status_code == 302
        assert said(contract, JULY)["course"] == ("One step", "Another")
        client.force_login(anna)
        page = words(client.get(reverse("contract", args=[contract.pk])))
        assert "Another" in page and "angepasst durch Vereinbarung" in page

    def test_contacts_are_changed_and_added(self, client, contract, paul):
        values = {
            "contact-0-phone": "02990 9", "contact-2-name": "Night desk",
            "reason": "New", "applies_from": "01.07.2024",
        }  # fmt: skip
        self.sent(client, paul, "annex-adapt", [row(contract, "contacts")], **values)
        (adaptation,) = AnnexAdaptation.objects.all()
        found = [(each.name, each.phone, each.email) for each in adaptation.part.contacts]
        assert found == [
            ("Addiction service", "02990 9", ""),
            ("Case desk", "", "desk@jobcenter.example"),
            ("Night desk", "", ""),
        ]

    def test_somebody_is_left_to_turn_to(self, client, contract, paul):
        values = {
            "contact-0-name": "", "contact-1-name": "",
            "reason": "New", "applies_from": "01.07.2024",
        }  # fmt: skip
        answer = self.sent(client, paul, "annex-adapt", [row(contract, "contacts")], **values)
        assert list(answer.context["form"].errors) == ["contact-0-name"]
        assert not AnnexAdaptation.objects.exists()

    def test_editions_and_files_are_chosen(self, client, contract, body, anna):
        make_catalogue("addiction", modules=("m1", "m2"))
        other = hand_in_file(organisation=body, name="Neu.pdf", content=PDF + b"2", by=anna)
        day = {"reason": "New", "applies_from": "01.07.2024"}
        self.sent(client, anna, "annex-adapt", [row(contract, "modules")], edition="2", **day)
        key = [row(contract, "plan-of-premises")]
        self.sent(client, anna, "annex-adapt", key, file=other.key, **day)
        found = {each.annex: each for each in AnnexAdaptation.objects.all()}
        assert found["modules"].catalogue_edition.number == 2
        assert found["plan-of-premises"].file == other

    def test_what_is_adapted_by_amendment_has_no_such_page(self, client, first, paul, contract):
        amend(contract, applies_from=JULY, annexes=[catalogue_annex("amendment")])
        client.force_login(paul)
        assert (
            client.get(reverse("annex-adapt", args=[row(contract, "modules")])).status_code == 404
        )

    def test_manager_hands_in_a_file_and_finds_it(self, client, contract, anna, paul):
        upload = SimpleUploadedFile("Hausordnung.pdf", PDF + b"rules")
        answer = self.sent(client, anna, "contract-file-add", [], file=upload)
        assert answer.status_code == 302
        assert "Hausordnung.pdf" in words(client.get(reverse("contract-files")))
        client.force_login(paul)
        assert client.get(reverse("contract-files")).status_code == 403


def test_files_say_it_and_change_nothing_where_it_is_stored(contract, dora, paul, tmp_path):
    agreed(contract, "course", ["One step"], paul, dora)
    adapt(contract, "contacts", CONTACTS[:1], paul)
    export_files(tmp_path, protected=True)
    said = safe_load((tmp_path / "40-contracts.yaml").read_text())
    (entry,) = said["contracts"]
    first, second = entry["adaptations"]
    assert (first["annex"], first["says"]) == ("course", {"paragraphs": ["One step"]})
    assert (first["body"]["by"], first["provider"]["by"]) == ("dora", "paul")
    assert "body" not in second and second["provider"]["by"] == "paul"
    assert not any(import_files([tmp_path], save=True).values())
