"""Every figure × who sees figures: it says what the list behind it shows, and of nothing else."""

from decimal import Decimal

import pytest
from django.contrib.auth import get_user_model
from django.test import RequestFactory
from django.urls import resolve, reverse

from base.workspace.figures import SEES, Breakdown, Figure
from base.workspace.registry import registry
from contracts.models import Organisation, Team
from tests.factories import (
    annex,
    make_case,
    make_catalogue,
    make_contract,
    make_deadline,
    make_record,
)
from tests.invariants.rows.signing_in import signed_in

# Lists and figures ask by the same functions; what these ask of each database, their tests say.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

PERIODS = ("2022-01-01..2024-12-31", "")
MOST_TRIED = 1
"""As many bodies, providers and teams figures are narrowed to."""


def people() -> list:
    """Whoever sees figures; of those with the same roles in the same houses one."""
    users = get_user_model().objects.filter(is_active=True, is_superuser=False).order_by("pk")
    seats = {frozenset(works_as(user)): user for user in users if user.has_perm(SEES)}
    return list(seats.values())


def one_of_each_house() -> list:
    """One of those who see figures of the same houses."""
    houses = {frozenset(house for house, *_roles in works_as(user)): user for user in people()}
    return list(houses.values())


def works_as(user) -> list[tuple]:
    return [(row.organisation_id, *sorted(row.roles)) for row in user.memberships.all()]


def told(page) -> list[tuple]:
    """What a page of figures says: key, number and address."""
    found = []
    for room in page.context["rooms"].values():
        found += [(figure.key, measured) for figure, measured in room["numbers"]]
        found += [
            (breakdown.key, cell)
            for breakdown, rows, *_drawn in room["breakdowns"]
            for _label, cells in rows
            for _column, cell in cells
        ]
    return [(key, measured) for key, measured in found if measured.url]


class Lists:
    """What lists show one person; each address is asked once, and not drawn: others draw them."""

    def __init__(self, user):
        self.user, self.browser, self.seen = user, signed_in(user), {}

    def __getitem__(self, url: str) -> tuple[int, list[str]]:
        if url not in self.seen:
            request = RequestFactory().get(url)
            request.user, request.session = self.user, {}
            request.resolver_match = resolve(request.path_info)
            page = request.resolver_match.func(request)
            assert page.status_code == 200, url
            asked = page.context_data["filter"]
            assert asked.form.errors == {}, url
            unknown = set(request.GET) - set(asked.filters)
            assert not unknown, (url, unknown)
            sums = [value for _label, value in page.context_data["summary"]]
            self.seen[url] = (asked.qs.count(), sums)
        return self.seen[url]


def check(page, lists: Lists) -> set[str]:
    """Compare what a page says with the lists; return the keys of what is not nothing."""
    found = set()
    for key, measured in told(page):
        rows, sums = lists[measured.url]
        if isinstance(measured.value, Decimal):
            assert str(measured) in sums, (key, measured)
        else:
            assert measured.value == rows, (key, measured)
        if measured.value:
            found.add(key)
    return found


def add_what_stands_out() -> None:
    """Cases of which something is missing, and a deadline that was kept, in a body of the world."""
    catalogue = make_catalogue()
    contract = make_contract(
        "stands-out",
        body=Organisation.objects.get(key="jc-lindental"),
        provider=Organisation.objects.get(key="suchthilfe-brueckenweg"),
        annexes=[annex(catalogue)],
    )
    case = make_case(contract)
    make_deadline(case, state="done", ending="record", ended_on=case.assigned_on)
    make_record(make_case(contract, catalogue=catalogue))


def test_every_figure_is_what_its_list_shows():
    add_what_stands_out()
    something = set()
    for user in people():
        lists = Lists(user)
        for period in PERIODS:
            page = lists.browser.get(reverse("figures"), {"period": period})
            assert page.status_code == 200
            something |= check(page, lists)
    every = {item.key for item in registry.items if isinstance(item, Figure | Breakdown)}
    assert something == every, (every - something, something - every)


def test_figures_that_are_narrowed_are_what_their_lists_show():
    narrowed = set()
    for user in one_of_each_house():
        lists = Lists(user)
        form = lists.browser.get(reverse("figures")).context["form"]
        for name in ("body", "provider", "team"):
            rows = form.fields[name].queryset[:MOST_TRIED] if name in form.fields else ()
            for row in rows:
                query = {"period": "2024", name: row.pk}
                page = lists.browser.get(reverse("figures"), query)
                assert page.context["narrowing"].keys == {name: row.pk}
                if check(page, lists):
                    narrowed.add(name)
    assert narrowed == {"body", "provider", "team"}


def test_home_page_says_the_same():
    for user in people():
        lists = Lists(user)
        page = lists.browser.get(reverse("home"))
        assert page.context["figures"]
        for figure, measured in page.context["figures"]:
            rows, sums = lists[measured.url]
            if isinstance(measured.value, Decimal):
                assert str(measured) in sums, figure.key
            else:
                assert measured.value == rows, figure.key


def test_foreign_organisations_narrow_nothing():
    """Who names one that they may not see is told so, and gets no figure of it."""
    tried = 0
    for user in people():
        browser = signed_in(user)
        for name, model in (("body", Organisation), ("provider", Organisation), ("team", Team)):
            visible = model.objects.visible_to(user).values("pk")
            foreign = model.objects.exclude(pk__in=visible).first()
            if foreign is None:
                continue
            page = browser.get(reverse("figures"), {name: foreign.pk})
            assert page.context["narrowing"].keys == {}
            assert foreign.name not in page.content.decode()
            tried += 1
    assert tried


def test_money_is_for_who_sees_statements():
    for user in people():
        page = signed_in(user).get(reverse("figures"))
        urls = " ".join(measured.url for _key, measured in told(page))
        assert (reverse("statements") in urls) is user.has_perm("jobs.view_statement")
