"""KERN UX in templates: form fields, badges, alerts, as the design system of German public
administration draws them. The classes are documented at its project, @kern-ux/native.
"""

from django import template
from django.conf import settings
from django.forms import (
    BoundField,
    CheckboxInput,
    CheckboxSelectMultiple,
    FileInput,
    Form,
    RadioSelect,
    Select,
    SelectMultiple,
)
from django.utils.html import format_html
from django.utils.translation import get_language

from base.workspace.tables import badge as badge_of
from base.workspace.tables import drawn_rows as drawn_rows_of

register = template.Library()


@register.inclusion_tag("base/workspace/field.html")
def kern_field(field: BoundField, label: str = "") -> dict:
    """Draw a field with label, hint and errors."""
    kind = _kind(field)
    classes = {
        "check": "kern-form-check__checkbox",
        "select": "kern-form-input__select",
        "input": "kern-form-input__input",
    }
    attrs = {"class": classes.get(kind, "")}
    if given := field.field.widget.attrs.get("class"):
        attrs["class"] = f"{attrs['class']} {given}".strip()
    if field.errors and kind in classes:
        attrs["class"] += f" {classes[kind]}--error"
    if kind == "select":
        field.field.widget.template_name = "base/workspace/select.html"
    drawn = "" if kind == "choices" else field.as_widget(attrs=attrs)
    return {"field": field, "kind": kind, "drawn": drawn, "label": label or field.label}


@register.inclusion_tag("base/workspace/fields.html")
def kern_form(form: Form) -> dict:
    """Draw a form's general errors, hidden fields and visible fields, in their order."""
    return {"form": form}


@register.simple_tag(takes_context=True)
def may(context, permission: str, row) -> bool:
    """Say whether the reader may do this to a row: `{% may "…" case as can_close %}`."""
    return context["request"].user.has_perm(permission, row)


@register.simple_tag
def content_lang() -> str:
    """Mark what people have written where the page around it speaks another language.

    ` lang="de"`: content has the language of the office, whoever reads it.
    """
    office = settings.LANGUAGE_CODE
    return "" if get_language() == office else format_html(' lang="{}"', office)


@register.simple_tag
def badge(label, tone: str = "") -> str:
    """Draw a state as a badge; `tone` is success, info, warning, danger or empty."""
    return badge_of(label, tone)


@register.filter
def drawn_rows(table):
    """Give the rows of a table's page as HTML: `{% for row in table|drawn_rows %}`."""
    return drawn_rows_of(table)


def _kind(field: BoundField) -> str:
    widget = field.field.widget
    if isinstance(widget, RadioSelect | CheckboxSelectMultiple):
        return "choices"
    if isinstance(widget, CheckboxInput):
        return "check"
    if isinstance(widget, Select) and not isinstance(widget, SelectMultiple):
        return "select"
    if isinstance(widget, FileInput):
        return "file"
    return "input"
