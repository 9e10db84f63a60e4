"""A draft as it will be read, with the figures computed from it."""

from django.utils.text import capfirst

from base.editions import Draft
from base.studio.figures import figures_of
from base.studio.reading import passages_of


def preview_of(draft: Draft) -> dict:
    """Return what the page that previews a draft shows."""
    figures = type(draft).snippet_viewset.figures
    return {
        "kind": capfirst(draft._meta.verbose_name),
        "title": figures.title if figures else "",
        "shown": figures_of(draft),
        "passages": passages_of(
            draft.edition_model.content_model, draft.plain(), leave_out=("title",)
        ),
    }
