"""The content API: published editions as JSON, read-only, for everybody (docs/api.md).

What is frozen never changes, so an edition's seal is its ETag and a client may keep it for ever.
"""

import hashlib

from django.http import Http404, HttpRequest, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.views.generic import View

from base.editions import Draft, Edition
from cms.models import Catalogue, CatalogueEdition, Description, DescriptionEdition

KINDS: dict[str, tuple[type[Draft], type[Edition]]] = {
    "catalogues": (Catalogue, CatalogueEdition),
    "descriptions": (Description, DescriptionEdition),
}


class ApiView(View):
    """A resource: GET and HEAD only, with an ETag."""

    http_method_names = ["get", "head", "options"]

    def kind(self) -> tuple[type[Draft], type[Edition]]:
        """Return the draft and edition models the address names."""
        found = KINDS.get(self.kwargs["kind"])
        if found is None:
            raise Http404
        return found

    def answer(self, request: HttpRequest, data: dict, tag: str) -> JsonResponse:
        """Return data as JSON; nothing but the tag where the client already has it."""
        etag = f'"{tag}"'
        known = [each.strip() for each in request.headers.get("If-None-Match", "").split(",")]
        if etag in known or "*" in known:
            response = JsonResponse({}, status=304)
            response.content = b""
        else:
            response = JsonResponse(data, json_dumps_params={"ensure_ascii": False})
        response["ETag"] = etag
        response["Cache-Control"] = "public, max-age=0, must-revalidate"
        return response


class ContentList(ApiView):
    """What there is of one kind, each with the numbers of its editions."""

    def get(self, request, kind):
        """Return keys, titles, the edition in force and all editions."""
        _draft, edition_model = self.kind()
        rows = _published(edition_model)
        found: dict[str, dict] = {}
        for row in rows:
            entry = found.setdefault(row["key"], {"key": row["key"], "editions": []})
            entry["title"] = row["title"]
            entry["editions"].append(_brief(request, kind, row))
        items = [found[key] | {"in_force": _in_force(found[key])} for key in sorted(found)]
        tag = hashlib.sha256(
            "".join([*(row["seal"] for row in rows), str(timezone.localdate())]).encode()
        ).hexdigest()
        return self.answer(request, {"items": items}, tag)


class ContentEdition(ApiView):
    """One edition with its whole content."""

    def get(self, request, kind, key, number):
        """Return number, first day, seal and content."""
        _draft, edition_model = self.kind()
        own = {f"{edition_model.subject}__key": key, f"{edition_model.subject}__live": True}
        edition = edition_model.objects.filter(number=number, **own).first()
        if edition is None:
            raise Http404
        data = {
            "key": key,
            "number": edition.number,
            "applies_from": edition.applies_from.isoformat(),
            "seal": edition.seal,
            "content": edition.content,
        }
        return self.answer(request, data, edition.seal)


def _published(edition_model: type[Edition]) -> list[dict]:
    """Return the columns of all editions of live drafts that the list needs."""
    subject = edition_model.subject
    rows = edition_model.objects.filter(**{f"{subject}__live": True})
    values = rows.order_by(f"{subject}__key", "number").values_list(
        f"{subject}__key", "number", "applies_from", "seal", "content__title"
    )
    names = ("key", "number", "applies_from", "seal", "title")
    return [dict(zip(names, row, strict=True)) for row in values]


def _brief(request: HttpRequest, kind: str, row: dict) -> dict:
    address = reverse("api-edition", args=[kind, row["key"], row["number"]])
    return {
        "number": row["number"],
        "applies_from": row["applies_from"].isoformat(),
        "seal": row["seal"],
        "url": request.build_absolute_uri(address),
    }


def _in_force(entry: dict) -> int | None:
    today = timezone.localdate().isoformat()
    numbers = [each["number"] for each in entry["editions"] if each["applies_from"] <= today]
    return max(numbers, default=None)
