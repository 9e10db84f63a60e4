"""What an item of the API consists of: each field with where it comes from and what it may hold."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.urls import reverse
from rest_framework.fields import Field, ReadOnlyField

Schema = dict


@dataclass(frozen=True)
class Part:
    """A field of an item: made by a serializer field, described by a JSON schema.

    Without a schema it is a field of the content, whose model says it.
    """

    name: str
    made_by: Callable[[], Field]
    schema: Schema | None = None
    meta: bool = False


class TypeField(Field):
    """What the item is, as Wagtail names it: the kind that has editions."""

    def get_attribute(self, instance):
        return type(instance)._meta.get_field(instance.subject).related_model

    def to_representation(self, value):
        return value._meta.label


class AddressField(Field):
    """The whole address of something of the item."""

    def __init__(self, view: str, *, numbered: bool = False, **kwargs):
        super().__init__(**kwargs)
        self.view, self.numbered = view, numbered

    def get_attribute(self, instance):
        subject = getattr(instance, f"{instance.subject}_id")
        return (subject, instance.number) if self.numbered else (subject,)

    def to_representation(self, value):
        endpoint = self.context["view"]
        space = f"{self.context['router'].url_namespace}:{endpoint.slug}"
        return address(self.context["request"], f"{space}:{self.view}", *value)


class ContentField(Field):
    """A field of the edition's content, as files spell it."""

    def get_attribute(self, instance):
        return instance

    def to_representation(self, value):
        if not hasattr(value, "_plain"):
            value._plain = value.data.model_dump(mode="json")
        return value._plain[self.field_name]


URL = {"type": "string", "format": "uri"}
COUNT = {"type": "integer", "minimum": 1}
DAY = {"type": "string", "format": "date"}
SEAL = {"type": "string", "pattern": "^[0-9a-f]{64}$"}


def said(schema: Schema, description: str) -> Schema:
    """Return a schema with what it means."""
    return schema | {"description": description}


OF_EDITION = (
    Part(
        "edition",
        partial(ReadOnlyField, source="number"),
        said(COUNT, "Number of the edition; what is in it never changes."),
    ),
    Part(
        "applies_from",
        ReadOnlyField,
        said(DAY, "First day of the edition; of those that have begun the highest number wins."),
    ),
    Part(
        "seal",
        ReadOnlyField,
        said(SEAL, "SHA-256 by which the edition was sealed when it was frozen."),
    ),
)
"""What is said of every edition, apart from what it is an edition of."""

EDITION_URL = Part(
    "edition_url",
    partial(AddressField, "edition", numbered=True),
    said(URL, "Address of this edition; what is there never changes."),
    meta=True,
)
IN_LIST_OF_EDITIONS = (EDITION_URL, *OF_EDITION)


def address(request, view: str, *arguments) -> str:
    """Return the whole address of a view of the API."""
    return request.build_absolute_uri(reverse(view, args=arguments))
