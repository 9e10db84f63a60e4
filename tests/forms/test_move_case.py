"""Moving a case to a later edition: what is carried over, what is refused, what is previewed."""

from datetime import date
from fractions import Fraction
from urllib.parse import urlencode

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from contracts.billing import Period
from forms.actions.move_case import later_editions, move_case, plan_move
from forms.actions.open_case import place_case, set_status
from jobs.actions.compute_report import compute_report
from tests.factories import (
    amend,
    annex,
    catalogue_content,
    make_case,
    make_catalogue,
    make_commissioning_body,
    make_contract,
    make_member,
    make_organisation,
    make_record,
    make_session,
    somebody,
)

pytestmark = pytest.mark.django_db

FROM = date(2025, 1, 1)


def hours(most: str) -> list[dict]:
    return [{"unit": "hour", "minimum": "2", "maximum": most}]


def module(key: str, most: str = "7") -> dict:
    code = key.removeprefix("m")
    return {"key": key, "code": code, "title": f"Module {code}", "quantities": hours(most)}


@pytest.fixture
def first():
    return make_catalogue("addiction", content=catalogue_content())


@pytest.fixture
def case(first):
    """A case placed since 8 January 2024 in need group 1: modules 1 and 2, seven hours each."""
    contract = make_contract("SB-1", catalogues=(first,))
    return make_case(contract, "K-101", catalogue=first)


def later(case, first, **values):
    """The catalogue's second edition, annexed to the case's contract from 2025 on."""
    content = catalogue_content().model_dump(mode="json") | values
    content = type(catalogue_content()).model_validate(content)
    second = make_catalogue("addiction", content=content, applies_from=FROM)
    until = annex(first, valid_until=date(2024, 12, 31))
    amend(case.contract, applies_from=FROM, annexes=[until, annex(second, valid_from=FROM)])
    return second


def test_use_goes_along_by_the_modules_key(case, first):
    make_record(case, module="m2", minutes=150)
    make_session([case], module="m2")
    second = later(case, first, modules=[module("m1"), module("m2", "12")])

    move = plan_move(case=case, catalogue_edition=second, valid_from=FROM)

    assert [(each.key, each.state) for each in move.modules] == [("m1", "same"), ("m2", "changed")]
    [before] = [a for a in move.modules[1].before.amounts if a.unit.key == "hour"]
    [after] = [a for a in move.modules[1].after.amounts if a.unit.key == "hour"]
    # 150 minutes of individual work are 2.5 hours; the session counts among sessions.
    assert (before.guide, before.used, before.rest) == (7, Fraction(5, 2), Fraction(9, 2))
    assert (after.guide, after.used, after.rest) == (12, Fraction(5, 2), Fraction(19, 2))
    assert (move.usage_before.planned_hours, move.usage_after.planned_hours) == (14, 19)
    assert [change.place for change in move.changes][0] == "modules.m2.quantities.hour"
    assert not case.placements.filter(catalogue_edition=second).exists()


def test_moving_makes_a_placement_with_its_reason(case, first):
    second = later(case, first, modules=[module("m1"), module("m2", "12")])

    placement = move_case(
        case=case, catalogue_edition=second, valid_from=FROM, reason=" Agreed ", by=somebody()
    )

    assert case.placement_on(date(2024, 12, 31)).catalogue_edition == first
    assert case.placement_on(FROM) == placement
    assert (placement.catalogue_edition, placement.reason) == (second, "Agreed")
    assert (placement.need_group, placement.combination) == ("hbg-1", "regular")


def test_module_that_is_gone_is_told_with_its_use(case, first):
    make_record(case, module="m2", minutes=60)
    groups = [
        {
            "key": "hbg-1",
            "code": "1",
            "title": "Need group 1",
            "combinations": [{"key": "regular", "entries": [{"modules": ["m1", "m3"]}]}],
        }
    ]
    second = later(case, first, modules=[module("m1"), module("m3", "4")], need_groups=groups)

    move = plan_move(case=case, catalogue_edition=second, valid_from=FROM)

    states = {each.key: each.state for each in move.modules}
    assert states == {"m1": "same", "m3": "new", "m2": "unknown"}
    [gone] = [each for each in move.modules if each.key == "m2"]
    assert gone.shown.title == "Module 2"
    assert [amount.used for amount in gone.after.amounts] == [1]


CHOICE = [
    {
        "key": "hbg-1",
        "code": "1",
        "title": "Need group 1",
        "combinations": [
            {"key": "regular", "entries": [{"requirement": "one_of", "modules": ["m1", "m2"]}]}
        ],
    }
]
SPECIAL = [{"module": "m3", "condition": "Crisis"}]


@pytest.fixture
def choosing():
    """A case that chose module 2, with the special module 3."""
    content = catalogue_content(modules=("m1", "m2", "m3"), need_groups=("hbg-1",)).model_copy(
        update={}
    )
    values = content.model_dump(mode="json") | {"need_groups": CHOICE, "add_ons": SPECIAL}
    first = make_catalogue("addiction", content=type(content).model_validate(values))
    case = make_case(make_contract("SB-1", catalogues=(first,)), "K-101")
    place_case(
        case=case,
        valid_from=case.assigned_on,
        catalogue_edition=first,
        need_group="hbg-1",
        combination="regular",
        choices=["m2"],
        add_ons=["m3"],
        by=somebody(),
    )
    return case, first


def test_choice_and_special_module_go_along(choosing):
    case, first = choosing
    second = later(
        case,
        first,
        modules=[module("m1"), module("m2", "12"), module("m3")],
        need_groups=CHOICE,
        add_ons=SPECIAL,
    )
    placement = move_case(
        case=case, catalogue_edition=second, valid_from=FROM, reason="Agreed", by=somebody()
    )
    assert (placement.choices, placement.add_ons) == (["m2"], ["m3"])


def test_what_the_edition_does_not_know_is_dropped_and_said(choosing):
    case, first = choosing
    second = later(
        case, first, modules=[module("m1"), module("m2", "12"), module("m3")], need_groups=CHOICE
    )
    move = plan_move(case=case, catalogue_edition=second, valid_from=FROM)
    assert (move.dropped, move.after.add_ons) == (("3 Module 3",), [])


def test_choice_that_is_gone_has_to_be_made_anew(choosing):
    case, first = choosing
    groups = [
        CHOICE[0]
        | {
            "combinations": [
                {"key": "regular", "entries": [{"requirement": "one_of", "modules": ["m1", "m3"]}]}
            ]
        }
    ]
    second = later(
        case,
        first,
        modules=[module("m1"), module("m2"), module("m3")],
        need_groups=groups,
        add_ons=[{"module": "m2"}],
    )
    arguments = {"case": case, "catalogue_edition": second, "valid_from": FROM, "reason": "Agreed"}
    with pytest.raises(ValidationError):
        move_case(**arguments, by=somebody())
    assert move_case(**arguments, choices=["m1"], by=somebody()).choices == ["m1"]


def refusal(case, edition, day=FROM, reason="Agreed", **values) -> str:
    """The place a refusal names; nothing is stored."""
    before = case.placements.count()
    with pytest.raises(ValidationError) as caught:
        move_case(
            case=case,
            catalogue_edition=edition,
            valid_from=day,
            reason=reason,
            **values,
            by=somebody(),
        )
    assert case.placements.count() == before
    return ",".join(getattr(caught.value, "error_dict", {"": None}))


def test_refused_without_reason_or_too_early(case, first):
    second = later(case, first)
    assert refusal(case, second, reason="  ") == "reason"
    # Not after the last placement; before the annex applies.
    assert refusal(case, second, day=case.assigned_on) == "valid_from"
    assert refusal(case, second, day=date(2024, 12, 31)) == "valid_from"
    assert refusal(case, first) == ""


def test_refused_when_the_case_is_closed(case, first):
    second = later(case, first)
    set_status(case=case, valid_from=FROM, status="closed", reason="done", by=somebody())
    assert refusal(case, second) == "valid_from"


def test_refused_in_a_need_group_the_edition_does_not_know(case, first):
    groups = catalogue_content().model_dump(mode="json")["need_groups"]
    second = later(case, first, need_groups=groups[1:])
    assert refusal(case, second) == "need_group"
    placement = move_case(
        case=case,
        catalogue_edition=second,
        valid_from=FROM,
        reason="Agreed",
        need_group="hbg-2",
        combination="regular",
        by=somebody(),
    )
    assert placement.need_group == "hbg-2"


def test_refused_when_work_is_recorded_that_the_edition_does_not_have(case, first):
    groups = [
        {
            "key": "hbg-1",
            "code": "1",
            "title": "Need group 1",
            "combinations": [{"key": "regular", "entries": [{"modules": ["m1"]}]}],
        }
    ]
    content = catalogue_content().model_dump(mode="json")
    content |= {"modules": [module("m1")], "need_groups": groups}
    content = type(catalogue_content()).model_validate(content)
    second = make_catalogue("addiction", content=content, applies_from=FROM)
    amend(case.contract, applies_from=FROM, annexes=[annex(second, valid_from=FROM)])
    make_record(case, module="m2", day=date(2025, 2, 3))
    assert refusal(case, second) == "valid_from"
    assert plan_move(case=case, catalogue_edition=second, valid_from=date(2025, 2, 4))


def test_later_editions_are_those_the_contract_annexes_that_day(case, first):
    second = later(case, first)
    make_catalogue("addiction", content=catalogue_content(modules=("m1", "m2", "m9")))
    make_catalogue("other", applies_from=FROM)
    assert later_editions(case, date(2024, 12, 31)) == []
    assert later_editions(case, FROM) == [second]


@pytest.fixture
def counsellor(client, case):
    user = make_member(case.contract.provider, roles=["counsellor"]).user
    client.force_login(user)
    return user


def test_page_previews_and_stores_only_what_was_previewed(client, case, first, counsellor):
    make_record(case, module="m2", minutes=90)
    second = later(case, first, modules=[module("m1"), module("m2", "12")])
    address = reverse("case-move", args=[case.pk])
    wanted = {"edition": second.pk, "valid_from": FROM.isoformat(), "group": "hbg-1:regular"}

    page = client.get(address, wanted)
    rows = [(r.name, r.before, r.used, r.after, r.rest) for r in page.context["rows"]]
    assert rows == [
        ("1 Module 1", "2–7 h", "0 h", "2–7 h", "7 h"),
        ("2 Module 2", "2–7 h", "1,5 h", "2–12 h", "10,5 h"),
    ]
    assert (page.context["planned_before"], page.context["planned_after"]) == ("14", "19")
    assert case.placements.count() == 1

    sent = {field.name: field.value() for field in page.context["form"]}
    refused = client.post(address, sent | {"reason": ""})
    assert "reason" in refused.context["form"].errors
    assert case.placements.count() == 1

    assert client.post(address, sent | {"reason": "Agreed"}).status_code == 302
    placement = case.placement_on(FROM)
    assert (placement.catalogue_edition, placement.reason) == (second, "Agreed")
    assert placement.history.first().history_user == counsellor


def test_a_move_into_a_time_that_was_reported_says_so_first(client, case, first):
    content = catalogue_content().model_dump(mode="json")["need_groups"][0]
    other = content | {"key": "hbg-9", "code": "9", "title": "Another group"}
    second = later(case, first, need_groups=[content, other])
    compute_report(case.contract, Period.parse("2025-H1"))
    body = case.contract.commissioning_body
    client.force_login(make_member(body, roles=["caseworker"]).user)
    wanted = {"edition": second.pk, "valid_from": FROM.isoformat(), "group": "hbg-9:regular"}
    address = f"{reverse('case-move', args=[case.pk])}?{urlencode(wanted)}"
    sent = {field.name: field.value() for field in client.get(address).context["form"]}
    sent["reason"] = "Agreed"

    asked = client.post(address, sent)
    assert [(each.unit, each.before, each.after) for each in asked.context["effects"]] == [
        ("version", 1, 2)
    ]
    confirmed = asked.context["confirmation"]
    page = asked.content.decode()
    assert f'name="{confirmed.name}" value="{confirmed.value}"' in page
    assert "der Bericht bekommt eine neue Fassung" in page
    assert case.placements.count() == 1
    assert client.post(address, sent | {confirmed.name: confirmed.value}).status_code == 302
    assert case.placement_on(FROM).need_group == "hbg-9"


def test_page_says_why_a_case_cannot_be_moved(client, case, first, counsellor):
    second = later(case, first)
    address = reverse("case-move", args=[case.pk])
    wanted = {"edition": second.pk, "valid_from": "2024-12-31", "group": "hbg-1:regular"}
    page = client.get(address, wanted)
    assert page.context["move"] is None
    assert page.context["refusals"]


def test_page_without_a_later_edition(client, case, counsellor):
    page = client.get(reverse("case-move", args=[case.pk]))
    assert page.status_code == 200
    assert page.context["chooser"] is None


@pytest.mark.parametrize(
    ("role", "status"), [("manager", 403), ("finance", 403), ("auditor", 403), ("caseworker", 200)]
)
def test_who_may_move_a_case(client, case, first, role, status):
    later(case, first)
    user = make_member(make_commissioning_body(), roles=[role]).user
    client.force_login(user)
    assert client.get(reverse("case-move", args=[case.pk])).status_code == status


def test_foreign_case_is_not_found(client, case, first):
    later(case, first)
    user = make_member(make_organisation("other"), roles=["counsellor"]).user
    client.force_login(user)
    address = reverse("case-move", args=[case.pk])
    assert client.get(address).status_code == 404
    assert client.post(address, {"reason": "Agreed"}).status_code == 404
