"""What is computed from a draft's form while it is being filled in, shown beside it.

The browser sends the form as it stands, some moments after a change; nothing is saved.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django import forms
from django.core.exceptions import BadRequest, ValidationError
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from wagtail.admin.ui.side_panels import BaseSidePanel
from wagtail.admin.views.generic.preview import PreviewOnCreate, PreviewOnEdit

from base.editions import Draft
from base.refusals import readable
from base.studio.places import in_words

LONGEST_LIST = 8


class Figures(ABC):
    """What is computed from one kind of draft. Subclasses say how, and how it is shown."""

    title = gettext_lazy("Figures")
    toggle = gettext_lazy("Show or hide the figures")
    icon = "table"
    template = ""

    @abstractmethod
    def of(self, draft: Draft) -> Mapping:
        """Return what the template shows. Raises ValidationError for content that is not whole."""


@dataclass(frozen=True)
class Shown:
    """Figures ready for their template, or what stands in their way."""

    template: str
    values: Mapping
    problems: tuple[str, ...] = ()

    @property
    def more(self) -> int:
        """How many problems are not listed."""
        return max(0, len(self.problems) - LONGEST_LIST)

    @property
    def listed(self) -> tuple[str, ...]:
        """The first problems."""
        return self.problems[:LONGEST_LIST]


def figures_of(draft: Draft) -> Shown | None:
    """Return the figures of a draft as it stands; None where its kind has none."""
    figures = draft.snippet_viewset.figures
    if figures is None:
        return None
    try:
        return Shown(figures.template, figures.of(draft))
    except ValidationError as error:
        model = draft.edition_model.content_model
        problems = tuple(in_words(message, model) for message in readable(error).messages)
        return Shown(figures.template, {}, problems)


def problems_of(form: forms.ModelForm) -> tuple[str, ...]:
    """Return what keeps a form from being read, each with the way to its field."""
    model = form.instance.edition_model.content_model
    found = []
    for name, errors in form.errors.items():
        for error in errors.as_data():
            if hasattr(error, "as_json_data"):
                blocks = _block_problems(error.as_json_data(), name)
                found += [in_words(problem, model) for problem in blocks]
            else:
                label = f"{form.fields[name].label}: " if name in form.fields else ""
                found += [f"{label}{message}" for message in error.messages]
    return tuple(found)


def _block_problems(data: Mapping, place: str) -> Iterator[str]:
    """Walk what Wagtail says of blocks within blocks; spell places as problems do, from 1."""
    for message in data.get("messages", ()):
        yield f"{place}: {message}"
    children = data.get("blockErrors", {})
    if isinstance(children, list):
        children = {number: child for number, child in enumerate(children) if child}
    for key, child in children.items():
        inner = f"[{int(key) + 1}]" if str(key).isdigit() else f".{key}"
        yield from _block_problems(child, place + inner)


class FiguresPanel(BaseSidePanel):
    """The side panel in which figures appear."""

    class SidePanelToggle(BaseSidePanel.SidePanelToggle):
        has_counter = False

        @property
        def aria_label(self):
            return self.panel.figures.toggle

        @property
        def icon_name(self):
            return self.panel.figures.icon

    name = "figures"
    template_name = "base/studio/figures_panel.html"
    order = 50

    def __init__(self, object, request, *, figures: Figures, url: str):
        super().__init__(object, request)
        self.figures = figures
        self.title = figures.title
        self.url = url

    class Media:
        js = [
            "base/studio/draft_changes.js",
            forms.Script("base/studio/figures.js", type="module"),
        ]


class FiguresMixin:
    """Compute figures from the posted form, without keeping it."""

    http_method_names = ("post",)

    def post(self, request, *args, **kwargs):
        """Answer with the figures, or with what keeps the form from being read."""
        if not request.POST:
            raise BadRequest("There is no form to compute figures from.")
        form = self.get_form(request.POST)
        if self.validate_form(form):
            form.save(commit=False)
            shown = figures_of(self.object)
        else:
            shown = Shown("", {}, problems_of(form))
        return render(request, "base/studio/figures.html", {"shown": shown})


class FiguresOnCreate(FiguresMixin, PreviewOnCreate):
    """Figures of a draft that is not saved yet."""


class FiguresOnEdit(FiguresMixin, PreviewOnEdit):
    """Figures of a draft being changed."""
