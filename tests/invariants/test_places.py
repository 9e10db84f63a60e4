"""Models hold nouns and actions hold verbs, so that what a file is called says what is in it."""

import inspect
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from django.conf import settings
from django.db.models import Model

pytestmark = pytest.mark.once

ROOT = Path(settings.BASE_DIR)
APPS = settings.FALLWERK_APPS

SEVERAL_VERBS = {
    "contracts.actions.restore_access": {"resend_link", "reset_second_factor"},
    "forms.actions.change_deadline": {
        "extend_deadline",
        "take_back_extension",
        "agree_day",
        "enter_event",
        "finish_deadline",
        "drop_deadline",
        "reopen_deadline",
        "take_over_decision",
    },
    "forms.actions.fill_form": {"begin_form", "save_form", "submit_form"},
    "forms.actions.support_case": {"assign_counsellor", "grant_support"},
    "jobs.actions.answer_report": {"draft_reply", "submit_reply"},
    "jobs.actions.assess_report": {"draft_assessment", "submit_assessment", "confirm_assessment"},
}
"""Modules whose verb is a course of steps or of what belongs together, each with its own verb."""


ON_WHOSE_BEHALF = {
    "assign_roles": "gives the groups that follow from roles which another action wrote",
    "compute_report": "computes for whichever run or step asks",
    "compute_reports": "computes for whichever run or step asks",
    "compute_statement": "computes for whichever run or step asks",
    "compute_statements": "computes for whichever run or step asks",
    "bring_up_to_date": "computes for whichever run or step asks",
    "record_event": "is part of the step whose event it records",
    "follow_deadlines": "is part of the step that changed the case, or of the daily chore",
    "following_once": "brackets the steps of others",
    "follow_begun": "is an hourly chore that shows what publishing wrote",
    "follow_description": "is part of publishing the description, by whom or when ever",
    "publish_page": "names authors and approver, as freezing does",
    "watch": "listens to what others do",
    "load_pages": "names authors and approver, as freezing does",
    "make_report_document": "makes what follows from a version, whoever asks first",
    "make_statement_document": "makes what follows from a statement, whoever asks first",
    "send_link": "is part of inviting and of restoring access",
    "take_over_form": "names who saved and who submitted, as files do",
}
"""Actions that name nobody, with the reason."""
ASKS = (
    "begins", "books", "checked", "computation", "hash", "is", "later", "lines", "new", "plan",
    "require", "segments", "similar", "studio",
)  # fmt: skip
"""First words of functions beside actions that write nothing."""


def modules_in(folder: str) -> list[ModuleType]:
    paths = [path for app in APPS for path in sorted((ROOT / app / folder).glob("*.py"))]
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths]
    return [import_module(name) for name in names if not name.endswith("__init__")]


def own(module: ModuleType, kind) -> dict[str, object]:
    found = inspect.getmembers(module, kind)
    return {name: each for name, each in found if each.__module__ == module.__name__}


@pytest.mark.parametrize("module", modules_in("models"), ids=lambda module: module.__name__)
def test_a_module_of_models_has_a_model(module):
    assert any(issubclass(each, Model) for each in own(module, inspect.isclass).values())


@pytest.mark.parametrize("module", modules_in("actions"), ids=lambda module: module.__name__)
def test_a_module_of_actions_is_called_after_what_it_does(module):
    verb = module.__name__.rpartition(".")[2].partition("_")[0]
    done = {name for name in own(module, inspect.isfunction) if not name.startswith("_")}
    after_its_verb = {name for name in done if name.startswith(f"{verb}_")}
    several = SEVERAL_VERBS.get(module.__name__)
    if several is None:
        assert after_its_verb
    else:
        assert several <= done and not after_its_verb


def test_the_walk_finds_the_modules():
    names = {module.__name__ for folder in ("models", "actions") for module in modules_in(folder)}
    assert {"forms.models.case", "jobs.actions.issue_statement", *SEVERAL_VERBS} <= names


@pytest.mark.parametrize("module", modules_in("actions"), ids=lambda module: module.__name__)
def test_an_action_names_who_acts(module):
    for name, action in own(module, inspect.isfunction).items():
        if name.startswith("_") or name.partition("_")[0] in ASKS:
            continue
        by = inspect.signature(action).parameters.get("by")
        if name in ON_WHOSE_BEHALF:
            assert by is None
        else:
            assert by is not None, name
            assert by.kind is by.KEYWORD_ONLY and by.default is by.empty


def test_what_is_excused_is_there():
    found = [own(module, inspect.isfunction) for module in modules_in("actions")]
    assert set(ON_WHOSE_BEHALF) <= {name for functions in found for name in functions}
