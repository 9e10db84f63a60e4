"""A contract with its annexes as one Word file: all that is agreed, and nothing technical."""

from datetime import date
from io import BytesIO

import pytest
from django.urls import reverse
from docx import Document

from base.documents import DOCX, TYPES
from base.models import Event
from contracts.documents.contract import make_contract_document
from contracts.models import Contract
from tests.factories import (
    COSTS,
    HOURLY,
    RENEWED,
    amend,
    make_catalogue,
    make_contract,
    make_member,
    make_organisation,
)
from tests.kept import kept

# Says nothing about a database: what is stored is asked in a few rows.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


@kept
def contract() -> Contract:
    """Hours by the rate of 60 EUR, costs with 12 %; one annex with a module of one to two hours."""
    catalogue = make_catalogue("addiction", modules=("m1",))
    return make_contract(
        "AC/1",
        catalogues=(catalogue,),
        remuneration=[HOURLY | {"rates": [{"amount": "1234.50"}]}, COSTS],
        term=RENEWED,
        payment_days=14,
    )


def paragraphs(content: bytes) -> list[tuple[str, str]]:
    """Return the style and the text of all paragraphs that say something."""
    found = Document(BytesIO(content)).paragraphs
    return [(each.style.name, each.text) for each in found if each.text]


def test_says_all_that_is_agreed_under_headings(contract):
    edition = contract.editions.get()
    found = paragraphs(make_contract_document(edition))
    styles, text = dict.fromkeys(style for style, _ in found), "\n".join(t for _, t in found)
    assert found[0] == ("Heading 1", edition.content["title"])
    assert "Vertragsnummer\tAC/1" in text
    for clause in edition.data.clauses:
        assert ("Heading 2", f"{clause.number} {clause.title}") in found
        for paragraph in clause.paragraphs:
            assert paragraph in text
    assert ("Heading 2", "Vergütung: Hours (§ 4)") in found
    assert "Sätze: 1.234,50\xa0€" in text
    assert "Material: 12\xa0% von Staff, mindestens 5.400,00\xa0€ im Jahr" in text
    assert "Ende der ersten Laufzeit: 31.12.2010" in text
    assert "Eine Abrechnung wird innerhalb von 14 Kalendertagen" in text
    assert [t for s, t in found if s == "Heading 1"][1:] == [edition.data.annexes[0].label]
    assert {"Heading 1", "Heading 2", "Heading 3", "Contract Pair"} <= set(styles)


def test_prints_the_annexed_edition_not_a_later_one(contract):
    edition = contract.editions.get()
    before = make_contract_document(edition)
    (annex,) = edition.annex_rows.all()
    module = annex.catalogue_edition.data.modules[0]
    assert f"{module.code} {module.title}" in "\n".join(t for _, t in paragraphs(before))
    make_catalogue("addiction", modules=("m1", "m2"), applies_from=date(2015, 1, 1))
    assert make_contract_document(edition) == before


def test_names_no_key_of_a_part(contract):
    edition = contract.editions.get()
    text = "\n".join(t for _, t in paragraphs(make_contract_document(edition)))
    assert "Schlüssel" not in text
    assert {"staff", "hours", "addiction-1", "m1"}.isdisjoint(text.split())


def test_parties_that_signed_are_named(contract):
    signed = "\n".join(t for _, t in paragraphs(make_contract_document(contract.editions.get())))
    assert signed.count("unterschrieben am") == 2


def test_parties_are_called_what_they_were_called_when_it_was_published(contract):
    edition, provider = contract.editions.get(), contract.provider
    then, before = provider.name, make_contract_document(contract.editions.get())
    provider.name, provider.city = "Renamed", "Elsewhere"
    provider.save()
    assert make_contract_document(Contract.objects.get().editions.get()) == before
    text = "\n".join(t for _, t in paragraphs(before))
    assert text.count(then) == 2 and "Renamed" not in text
    later = amend(Contract.objects.get(), applies_from=date(2012, 1, 1))
    text = "\n".join(t for _, t in paragraphs(make_contract_document(later)))
    assert "Renamed, Board: unterschrieben" in text and "Elsewhere" in text
    assert edition.seal == contract.editions.get(number=1).seal


def test_the_file_is_had_by_who_may_read_the_edition_and_that_is_recorded(client, contract):
    edition = amend(contract, applies_from=date(2012, 1, 1), title="Amended")
    address = reverse("contract-document", args=[edition.pk])
    client.force_login(make_member(make_organisation("other"), roles=["provider_lead"]).user)
    assert client.get(address).status_code == 404
    assert not Event.objects.filter(kind=Event.Kind.DOWNLOAD).exists()

    client.force_login(make_member(contract.provider, roles=["provider_lead"]).user)
    answer = client.get(address)
    assert (answer.status_code, answer["Content-Type"]) == (200, TYPES[DOCX])
    assert "AC-1-Fassung-2.docx" in answer["Content-Disposition"]
    assert paragraphs(answer.content)[0] == ("Heading 1", "Amended")
    assert Event.objects.get(kind=Event.Kind.DOWNLOAD).title == str(edition)
    page = client.get(reverse("contract-edition", args=[edition.pk])).text
    assert address in page and "innerhalb von 14 Kalendertagen" in page


def test_a_template_of_their_own_that_is_none_is_named(client, contract, own_template):
    own_template("contract.docx", b"not a Word file")
    edition = contract.editions.get()
    client.force_login(make_member(contract.provider, roles=["provider_lead"]).user)
    for name in ("contract-document", "contract-pdf"):
        answer = client.get(reverse(name, args=[edition.pk]))
        assert answer.status_code == 404
        assert "AC-1-Fassung-1" in answer.text and "aus der Vorlage" in answer.text
        assert "Datensicherung" not in answer.text
    assert not Event.objects.filter(kind=Event.Kind.DOWNLOAD).exists()
