"""What a manager fills in is read by something, or its help says that it is only printed.

Decision 24: a promise that nothing keeps is worse than none. Print, comparison, outlines, files and
the studio itself read everything, and count for nothing here. What a part stands in says it for
the part. Words for readers promise nothing: they are named below, and so is who reads the rest.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from pydantic import BaseModel

from base.blocks import block_for
from base.shape import Field, shape_of
from cms.content.catalogue import CatalogueContent
from cms.content.description import DescriptionContent
from contracts.content import ContractContent
from forms.content import FormContent
from tests.browser.site import ROOT

CALLED = {"key", "label", "title", "short_title", "short", "code", "number", "name"}
"""What a thing is called."""

WORDS = {
    "CatalogueContent": {"target", "note"},
    "Phase": {"note"},
    "Module": {"aims", "services", "delivery", "place", "note"},
    "NeedGroup": {"criteria"},
    "AddOn": {"condition"},
    "DescriptionContent": {"offer", "target_group", "goals", "framework", "quality"},
    "Standard": {"event"},
    "Clause": {"paragraphs"},
    "Contact": {"party", "task", "phone", "email"},
    "ContactsAnnex": {"contacts"},
    "PlanAnnex": {"paragraphs"},
    "FormContent": {"introduction"},
}
"""Fields that hold words for whoever reads the page, of which nothing follows."""

ANNEX = ("contracts/annexes.py", "contracts/models/contract.py")
COSTS = ("contracts/billing/cost_reimbursement/", "contracts/billing/scheme.py")
HOURS = ("contracts/billing/hourly_rate/", "contracts/billing/scheme.py", "forms/plan_months.py")
STAGES = ("contracts/billing/service_complexes.py", "contracts/billing/scheme.py")
DATES = ("contracts/dates/",)
READ_BY = {
    "CatalogueContent": ("cms/totals.py", "forms/phases.py"),
    "Unit": ("cms/totals.py", "forms/usage.py"),
    "Phase": ("forms/phases.py",),
    "Module": ("cms/totals.py", "forms/booking.py", "forms/phases.py"),
    "Quantity": ("cms/totals.py",),
    "Extra": ("cms/totals.py",),
    "NeedGroup": ("cms/totals.py",),
    "Combination": ("cms/totals.py",),
    "Entry": ("cms/totals.py",),
    "AddOn": ("cms/totals.py", "forms/models/rules/booking_order.py"),
    "DescriptionContent": ("forms/actions/fill_form.py", "forms/standards.py", "forms/topics.py"),
    "Standard": ("forms/standards.py", "forms/actions/follow_deadlines.py", *DATES),
    "ContractContent": (
        "contracts/signatures.py", "contracts/dates/", "contracts/models/", "forms/booking.py",
        "contracts/annexes.py", "jobs/documents/statement.py", "forms/signatures.py",
    ),
    "CatalogueAnnex": (*ANNEX, "contracts/views/adapt_annex.py"),
    "DescriptionAnnex": (*ANNEX, "contracts/views/adapt_annex.py"),
    "DocumentAnnex": ANNEX,
    "ContactsAnnex": ANNEX,
    "PlanAnnex": ANNEX,
    "AgreedTerm": DATES,
    "AgreedCalendar": DATES,
    "Duty": DATES,
    "FixedDayFollowingYear": DATES,
    "DaysAfter": DATES,
    "WorkingDaysAfter": DATES,
    "KindOfWork": ("forms/booking.py",),
    "CostReimbursement": COSTS,
    "Actual": COSTS,
    "Percentage": COSTS,
    "BasePart": COSTS,
    "Minimum": COSTS,
    "HourlyRate": (*HOURS, "forms/person_limits.py"),
    "PricedKind": HOURS,
    "Rate": HOURS,
    "Increment": HOURS,
    "Cap": HOURS,
    "PersonLimit": HOURS,
    "Surcharge": HOURS,
    "ServiceComplexes": STAGES,
    "Stage": STAGES,
    "Price": ("contracts/billing/",),
    "Signature": ("contracts/signatures.py",),
    "FormContent": ("forms/answers.py", "forms/actions/fill_form.py"),
    "FormField": ("forms/answers.py", "forms/actions/fill_form.py", "forms/views/answer_form.py",
                  "forms/content.py", "forms/field_rules.py"),
}  # fmt: skip
"""Where the fields of a model are read, besides what they are called."""


def fields_of(*roots: type[BaseModel]) -> Iterator[tuple[type[BaseModel], Field]]:
    """Yield each field that may have to be read, with its model."""
    seen, waiting = set(), list(roots)
    while waiting:
        model = waiting.pop()
        if model in seen:
            continue
        seen.add(model)
        for field in shape_of(model).fields.values():
            if not field.printed:
                waiting += field.parts.values()
                yield model, field


FIELDS = {
    f"{model.__name__}.{field.name}": (model, field)
    for model, field in fields_of(
        CatalogueContent, DescriptionContent, ContractContent, FormContent
    )
    if field.name not in CALLED and field.name not in WORDS.get(model.__name__, ())
}


@cache
def names_in(place: str) -> frozenset[str]:
    """The attributes that a module, or all of a folder, asks for, and names in short texts."""
    path = ROOT / place
    found: set[str] = set()
    for file in path.rglob("*.py") if path.is_dir() else [path]:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Attribute):
                found.add(node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= set(re.split(r"__|\W", node.value)) if len(node.value) < 60 else set()
    return frozenset(found)


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_a_field_is_read_or_says_that_it_is_only_printed(name):
    model, field = FIELDS[name]
    readers = READ_BY.get(model.__name__, ())
    assert any(field.name in names_in(place) for place in readers), (
        f"{name} is read by none of {readers}: name who reads it, or mark the field PRINTED"
    )


def test_nothing_is_named_that_is_not_there():
    models = {model.__name__: model for model, _field in FIELDS.values()}
    assert READ_BY.keys() - models.keys() == set()
    every = {(model.__name__, field.name) for model, field in fields_of(
        CatalogueContent, DescriptionContent, ContractContent, FormContent
    )}  # fmt: skip
    words = {(model, name) for model, names in WORDS.items() for name in names}
    assert words - every == set()
    places = {place for readers in READ_BY.values() for place in readers}
    assert [place for place in sorted(places) if not (Path(ROOT) / place).exists()] == []


def test_a_form_says_what_is_only_printed():
    fields = shape_of(DescriptionContent).fields
    said = str(block_for(fields["eligibility"]).meta.help_text)
    assert said.endswith("Dies wird nur gedruckt.")
    assert "nur gedruckt" not in str(block_for(fields["topics"]).meta.help_text)
