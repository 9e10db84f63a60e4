"""Sending every form of the product as a browser does: opened, filled in, confirmed."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from django import forms
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from lxml import html

from base.once import REFERENCE
from base.workspace.views import FormPage
from base.workspace.worklist import Worklist
from tests.invariants.rows.signing_in import signed_in
from tests.invariants.rows.test_addresses import PAGES, Address, allowed, people

Values = dict[str, list]
MOST_TRIED = 8

FORMS = [page for page in PAGES if issubclass(page.view, FormPage)]


@dataclass(frozen=True)
class Filled:
    """A form that is ready to be sent: by whom, where, and what it says."""

    username: str
    url: str
    values: Values
    file: str = ""

    def send(self, client: Client | None = None):
        """Send it as it is; a client stands for one browser."""
        data = dict(self.values)
        if self.file:
            data[self.file] = SimpleUploadedFile("Gehalt.pdf", b"%PDF-1.7 sent once")
        return (client or self.client()).post(self.url, data)

    def client(self) -> Client:
        return signed_in(get_user_model().objects.get(username=self.username))


GIVEN: dict[str, dict[str, str]] = {
    "annex-adapt": {"applies_from": "2025-06-01", "paragraphs": "Andere Schritte"},
    "approval": {"decision": "approve"},
    "case-new": {"assigned_on": "2024-03-14"},
    "instalment-add": {"amount": "1,00", "period": "2024-12"},
    "instalment-change": {"amount": "1,00", "reason": "Berichtigt"},
    "organisation-account": {"iban": "GB82WEST12345698765432"},
    "notice-withdraw": {"on": "2025-03-14"},
    "payroll-change": {"amount": "1,00", "reason": "Berichtigt"},
    "payroll-enter": {"form-0-amount": "1,00", "form-0-label": "Gehalt"},
    # Two days ahead: it is ahead as well where midnight comes in between.
    "put-off": {"day": (timezone.localdate() + timedelta(days=2)).isoformat()},
    "record-sign": {"strokes": "[[1,2,3,4]]"},
    "record-change": {"minutes": "7", "reason": "Berichtigt"},
}
"""What a form is filled in with, where a guess by the type of its fields would not do."""

QUERIES: dict[str, Callable[[object], dict[str, str]]] = {
    "record-session": lambda _user: {"day": "2024-03-14"},
    "put-off": lambda user: {"item": first_thing_that_waits_for(user)},
}
"""What an address is asked with by a person, where the page is of no use without."""


def first_thing_that_waits_for(user) -> str:
    worklist = Worklist(user)
    found = (item for work in worklist.works for item in worklist.first(work, 1))
    return next((item.key for item in found), "")


def candidates(page: Address) -> Iterator[tuple[object, str]]:
    """Yield persons the page serves with addresses of rows they see."""
    for user in people(everywhere=True).values():
        if not allowed(page, user):
            continue
        query = f"?{urlencode(QUERIES[page.name](user))}" if page.name in QUERIES else ""
        if not page.arguments:
            yield user, page.url() + query
            continue
        rows = page.view.model._default_manager.visible_to(user).order_by("pk")
        for pk in rows.values_list("pk", flat=True)[:MOST_TRIED]:
            yield user, page.url(pk) + query


def opened(page: Address, user, url: str) -> Filled | None:
    """Return the form of a page filled in; None where the page shows no form."""
    response = signed_in(user).get(url)
    if response.status_code != 200:
        return None
    return filled(page, user, url, response)


def filled(page: Address, user, url: str, response) -> Filled | None:
    found = [
        form
        for form in html.fromstring(response.content.decode()).forms
        if form.method == "POST" and REFERENCE in form.fields
    ]
    if not found:
        return None
    values: Values = {}
    areas = {area.name for area in found[0].iter("textarea")}
    for name, value in found[0].form_values():
        # A text area begins behind the line break that it is drawn with.
        value = re.sub(r"\A\r?\n", "", value) if name in areas else value
        values.setdefault(name, []).append(value)
    form = (response.context_data or {}).get("form")
    fields = form.fields if isinstance(form, forms.BaseForm) else {}
    for name, field in fields.items():
        if (
            field.required
            and not "".join(values.get(name, ())).strip()
            and (guess := guessed(field))
        ):
            values[name] = guess
    values |= {name: [value] for name, value in GIVEN.get(page.name, {}).items()}
    file = next((n for n, f in fields.items() if isinstance(f, forms.FileField)), "")
    values.pop(file, None)
    return Filled(user.username, url, values, file)


def guessed(field: forms.Field) -> list[str]:
    """Return something a field takes."""
    if isinstance(field, forms.ModelChoiceField):
        return [str(row.pk) for row in field.queryset.order_by("pk")[:1]]
    if isinstance(field, forms.ChoiceField):
        flat = [
            key
            for value, label in field.choices
            for key in ([k for k, _l in label] if isinstance(label, list | tuple) else [value])
        ]
        return [str(key) for key in flat if key][:1]
    if isinstance(field, forms.DateField):
        return [date.today().isoformat()]  # noqa: DTZ011
    if isinstance(field, forms.IntegerField):
        return ["1"]
    if isinstance(field, forms.EmailField):
        return ["somebody@example.org"]
    return [] if isinstance(field, forms.FileField) else ["1"]


def ready(page: Address) -> tuple[Filled, object]:
    """Return a form of a page that is accepted, and the answer to it.

    Raises AssertionError with what was said where no row of no person makes it.
    """
    refused = set()
    for user, url in candidates(page):
        if (form := opened(page, user, url)) is None:
            continue
        for _step in range(2):  # some ask again before they act
            response = form.send()
            if response.status_code == 302:
                return form, response
            shown = response.context_data["form"]
            refused.add(f"{user.username} {url}: {shown.errors}"[:500])
            if not shown.is_valid():
                break
            form = filled(page, user, url, response)
    raise AssertionError("\n".join(["no form of this page is accepted", *sorted(refused)]))
