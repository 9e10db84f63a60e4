"""The endpoints: what each publishes, and how lists and single editions of it are answered."""

from functools import cache, partial

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.fields.json import KT
from django.http import Http404
from django.urls import path
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.http import http_date
from rest_framework.fields import ReadOnlyField
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from wagtail.api import APIField
from wagtail.api.v2.views import BaseAPIViewSet

from base.api import parameters
from base.api.conditional import conditional
from base.api.fields import (
    COUNT,
    EDITION_URL,
    IN_LIST_OF_EDITIONS,
    OF_EDITION,
    URL,
    AddressField,
    ContentField,
    Part,
    TypeField,
    said,
)
from base.api.parameters import OfDay, Paged, Question, question
from base.api.problems import answer_to
from base.api.readers import BearerToken, HasScope
from base.editions import Draft, Edition

GREATEST_KEY = 2**63 - 1


class ApiView:
    """What all endpoints have in common: who may ask, and how refusals and repetitions look.

    Stands before a view set of Wagtail's. `scope` names the scope a token needs; empty where
    everybody may read. `wider_scope` names the one with which a token reads more than everybody
    does. `permission` is the right behind the scope (contracts.rights).
    """

    scope = ""
    wider_scope = ""
    permission = ""
    renderer_classes = [JSONRenderer]
    authentication_classes = [BearerToken]
    permission_classes = [HasScope]

    def initial(self, request, *args, **kwargs):
        """Refuse a method before a token is asked for: no token makes it possible.

        Whoever only wants to know which methods there are needs none.
        """
        if request.method not in self.allowed_methods:
            self.http_method_not_allowed(request)
        if request.method != "OPTIONS":
            super().initial(request, *args, **kwargs)
            self.asked = parameters.read(self.question(), request.GET)

    def question(self) -> type[Question]:
        """Return what can be asked for in this request: nothing unless a subclass says it."""
        return Question

    def options(self, request, *args, **kwargs):
        """Say which methods there are."""
        return Response(status=204, headers={"Allow": ", ".join(self.allowed_methods)})

    def handle_exception(self, exc):
        return answer_to(exc, view=self)

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)
        kept = "private, no-cache" if request.auth is not None else "public, no-cache"
        response.headers.setdefault("Cache-Control", kept)
        response.add_post_render_callback(lambda rendered: conditional(request, rendered))
        return response

    def get_renderer_context(self):
        """Return what the renderer knows; catalogues are too long to be indented."""
        return super().get_renderer_context() | {"indent": None}


class EditionsEndpoint(ApiView, BaseAPIViewSet):
    """What has editions: the one in force on a day, all that there are, one by its number.

    `model` is the kind of edition, `slug` the part of the address, `label` what a person calls it.
    `key` is the field by which the world knows what has editions, `parties` are organisations
    that belong to it: given, and asked for, by their keys.
    """

    model: type[Edition]
    slug = ""
    label = ""
    key = "key"
    parties: tuple[str, ...] = ()
    listed_content: tuple[str, ...] = ("title",)

    # What is offered.

    @classmethod
    def subject(cls) -> type[Draft]:
        """Return the model of what has these editions."""
        return cls.model._meta.get_field(cls.model.subject).related_model

    @classmethod
    @cache
    def parts(cls) -> tuple[Part, ...]:
        """Return the fields of an item: what it is, which edition, and the edition's content."""
        subject = cls.subject()
        content = cls.model.content_model.model_fields
        key = subject._meta.get_field(cls.key)
        return (
            Part(
                "id",
                lambda: ReadOnlyField(source=f"{cls.model.subject}_id"),
                said(COUNT, "Number of the item in this installation; it does not change."),
            ),
            Part("type", TypeField, said({"const": subject._meta.label}, "What it is."), meta=True),
            Part(
                "detail_url",
                partial(AddressField, "detail"),
                said(URL, "Address of the edition in force."),
                meta=True,
            ),
            EDITION_URL,
            Part(
                "editions_url",
                partial(AddressField, "editions"),
                said(URL, "Address of the list of its editions."),
                meta=True,
            ),
            Part(
                cls.key,
                lambda: ReadOnlyField(source="named"),
                said(
                    {"type": "string", "maxLength": key.max_length},
                    "By this it is known everywhere, in files and contracts, too.",
                ),
            ),
            *(
                Part(party, ReadOnlyField, said({"type": "string"}, "Key of the organisation."))
                for party in cls.parties
            ),
            *OF_EDITION,
            *(
                # The title is read from the database: a list need not fetch whole contents.
                Part(name, ReadOnlyField if name in cls.listed_content else ContentField)
                for name in content
                if name != cls.key
            ),
        )

    @classmethod
    def get_body_fields(cls, model):
        return [APIField(part.name, part.made_by()) for part in cls.parts() if not part.meta]

    @classmethod
    def get_meta_fields(cls, model):
        return [APIField(part.name, part.made_by()) for part in cls.parts() if part.meta]

    @classmethod
    def get_listing_default_fields(cls, model):
        left_out = set(cls.model.content_model.model_fields) - set(cls.listed_content)
        return [part.name for part in cls.parts() if part.name not in left_out]

    @classmethod
    @cache
    def questions(cls) -> dict[str, type[Question]]:
        """Return the parameters of each kind of request, by the name of its method here."""
        subject = cls.subject()
        fields = parameters.selection([part.name for part in cls.parts()])
        filters = {cls.key: parameters.exactly(subject._meta.get_field(cls.key), cls.key)}
        for party in cls.parties:
            key = subject._meta.get_field(party).related_model._meta.get_field("key")
            filters[party] = parameters.exactly(key, f"{party.replace('_', ' ')}, by its key")
        return {
            "listing_view": question(
                f"{cls.slug}-list",
                OfDay,
                Paged,
                fields=fields,
                search=parameters.search("the title"),
                order=parameters.order([cls.key, "title", "applies_from"]),
                **filters,
            ),
            "detail_view": question(f"{cls.slug}-detail", OfDay, fields=fields),
            "editions_view": question(f"{cls.slug}-editions", Paged),
            "edition_view": question(f"{cls.slug}-edition", fields=fields),
        }

    @classmethod
    def get_urlpatterns(cls):
        one, editions = "<int:pk>/", "<int:pk>/editions/"
        return [
            path("", cls.as_view({"get": "listing_view"}), name="listing"),
            path(one, cls.as_view({"get": "detail_view"}), name="detail"),
            path(editions, cls.as_view({"get": "editions_view"}), name="editions"),
            path(f"{editions}<int:number>/", cls.as_view({"get": "edition_view"}), name="edition"),
        ]

    # What is answered.

    def question(self):
        return self.questions()[self.action]

    def published(self) -> QuerySet:
        """Return all editions that whoever asks may read, of what is not taken off line."""
        return self.model.objects.filter(**{f"{self.model.subject}__live": True})

    @cached_property
    def day(self):
        """The day asked for, today unless given."""
        return self.asked.as_of or timezone.localdate()

    def begun(self, editions: QuerySet) -> QuerySet:
        """Return those that apply by the day asked for."""
        return editions.filter(applies_from__lte=self.day)

    def get_queryset(self) -> QuerySet:
        """Return the edition in force on the day, of each that had one, in a fixed order."""
        subject = self.model.subject
        own = self.model.objects.filter(**{subject: OuterRef(subject)})
        newest = self.begun(own).order_by("-number").values("pk")[:1]
        return self.named(self.published().filter(pk=Subquery(newest))).order_by("named", "pk")

    def named(self, rows: QuerySet) -> QuerySet:
        """Return editions with what says what they are editions of, in one query."""
        subject = self.model.subject
        parties = {party: F(f"{subject}__{party}__key") for party in self.parties}
        titles = {name: KT(f"content__{name}") for name in self.listed_content}
        return rows.annotate(named=F(f"{subject}__{self.key}"), **parties, **titles).defer(
            "authors"
        )

    def filter_queryset(self, queryset):
        """Narrow the list down and put it in order, as was asked."""
        asked = self.asked
        for name in (self.key, *self.parties):
            if value := getattr(asked, name):
                queryset = queryset.filter(**{"named" if name == self.key else name: value})
        for word in (asked.search or "").split():
            queryset = queryset.filter(title__icontains=word)
        if asked.order:
            named = {self.key: "named", f"-{self.key}": "-named"}
            wanted = [named.get(name, name) for name in asked.order.split(",")]
            queryset = queryset.order_by(*wanted, "pk")
        return queryset

    def listing_view(self, request):
        """Answer with a list; whole contents are fetched only where fields of them are wanted."""
        rows = self.filter_queryset(self.get_queryset())
        names = self.get_serializer_class().Meta.fields
        if not set(names) & (set(self.model.content_model.model_fields) - set(self.listed_content)):
            rows = rows.defer("content", "authors")
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def get_object(self) -> Edition:
        """Return the edition the address and the day name; raises Http404 saying what there is."""
        if not hasattr(self, "_cached_object"):
            self._cached_object = self._edition()
        return self._cached_object

    def _edition(self) -> Edition:
        rows = self.named(self.own_editions())
        if "number" in self.kwargs:
            found = rows.filter(number=self.kwargs["number"]).first()
            if found is None:
                raise Http404("There is no such edition.")
            return found
        if found := self.begun(rows).order_by("-number").first():
            return found
        first = min(rows.values_list("applies_from", flat=True))
        raise Http404(f"No edition applies on {self.day}; the first one applies from {first}.")

    def own_editions(self) -> QuerySet:
        """Return the editions of what the address names; raises Http404 where there is none."""
        pk = self.kwargs["pk"]
        rows = self.published().filter(**{f"{self.model.subject}_id": pk})
        if pk > GREATEST_KEY or not rows.exists():
            raise Http404("There is nothing of this number, or it is not published.")
        return rows

    def edition_view(self, request, pk, number):
        """Answer with the edition of that number, and since when it is so.

        What is in force on a day has no such date: an import may publish with a date of long ago,
        and whoever asked only for what is newer would never hear of it.
        """
        response = self.detail_view(request, pk)
        response.headers["Last-Modified"] = http_date(self.get_object().frozen_at.timestamp())
        return response

    def editions_view(self, request, pk):
        """Answer with all editions there are, those to come included, without their contents."""
        rows = self.named(self.own_editions()).defer("content", "authors").order_by("number")
        page = self.paginate_queryset(rows)
        names = [part.name for part in IN_LIST_OF_EDITIONS]
        config = [("_", False, None), *((name, False, None) for name in names)]
        serializer = self._get_serializer_class(request.wagtailapi_router, self.model, config)
        items = serializer(page, many=True, context=self.get_serializer_context()).data
        return self.get_paginated_response(items)
