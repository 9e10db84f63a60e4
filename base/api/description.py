"""The OpenAPI 3.1 description, made of what the endpoints declare and answer with.

Nothing stands here a second time: addresses are those of the router, parameters the models that
read them, items the parts that make them, contents the content models themselves.
"""

from collections.abc import Iterable

from django.urls import URLPattern
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from base.api.endpoints import EditionsEndpoint
from base.api.fields import IN_LIST_OF_EDITIONS, URL, Part, Schema
from base.api.parameters import Question
from base.api.problems import PROBLEM, TITLES

SCHEMAS = "#/components/schemas/"
TOKEN = "token"  # noqa: S105  the name of a way to sign in
OF_FORMS = ("labels", "summary", "aside", "title")
"""What content models say for forms and files; nobody who reads JSON needs it."""

ABOUT = """What is published, in all its editions, as JSON. Read-only.

Module catalogues, service descriptions and public pages are for everybody. Contracts, forms and
pages that are not public need a token, which an administrator of the commissioning body gives; it
reads what that body may see."""


class _Whole(GenerateJsonSchema):
    """Content is answered with everything in it: what has a default is there, too."""

    def field_is_required(self, field, total):
        return True


def describe(endpoints: Iterable[type[EditionsEndpoint]], *, root: str) -> dict:
    """Return the description of these endpoints, whose addresses begin with `root`."""
    endpoints = list(endpoints)
    schemas = _contents(endpoints)
    paths = {root: {"get": _index()}}
    for endpoint in endpoints:
        content = schemas.pop(endpoint.model.content_model.__name__)
        schemas[_item_name(endpoint)] = _item(endpoint.parts(), content)
        for pattern in endpoint.get_urlpatterns():
            address, arguments = _address(pattern)
            operation = _operation(endpoint, pattern, arguments)
            paths[f"{root}{endpoint.slug}/{address}"] = {"get": operation}
    schemas["Edition"] = _item(IN_LIST_OF_EDITIONS)
    schemas["Problem"] = {
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"const": "about:blank"},
            "title": {"enum": list(TITLES.values())},
            "status": {"enum": list(TITLES)},
            "detail": {"type": "string", "description": "What was wrong, and what is possible."},
        },
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Fallwerk: content API", "version": "2", "description": ABOUT},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {str(code): _refusal(title) for code, title in TITLES.items()},
            "securitySchemes": {TOKEN: {"type": "http", "scheme": "bearer"}},
        },
    }


def _contents(endpoints: list[type[EditionsEndpoint]]) -> dict[str, Schema]:
    """Return the schemas of all contents, and of what they consist of, by their names."""
    models = [(endpoint.model.content_model, "serialization") for endpoint in endpoints]
    _refs, found = models_json_schema(
        models, ref_template=f"{SCHEMAS}{{model}}", schema_generator=_Whole
    )
    return {name: _plain(schema) for name, schema in found.get("$defs", {}).items()}


def _plain(schema):
    """Return a schema without what is for forms alone; a property may have such a name."""
    if isinstance(schema, list):
        return [_plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: {key: _plain(each) for key, each in value.items()}
        if name == "properties"
        else _plain(value)
        for name, value in schema.items()
        if name not in OF_FORMS
    }


def _item_name(endpoint: type[EditionsEndpoint]) -> str:
    return endpoint.subject().__name__


def _item(parts: Iterable[Part], content: Schema | None = None) -> Schema:
    """Return the schema of an item. None of its fields is required: each can be left out."""
    parts = list(parts)
    of_content = content["properties"] if content else {}
    meta = {part.name: part.schema for part in parts if part.meta}
    own = {part.name: part.schema or of_content[part.name] for part in parts if not part.meta}
    described = "What the item is and where more of it is found."
    return _object({"meta": _object(meta) | {"description": described}, **own})


def _object(properties: dict[str, Schema], required: Iterable[str] = ()) -> Schema:
    found = {"type": "object", "properties": properties, "additionalProperties": False}
    return found | ({"required": list(required)} if required else {})


def _address(pattern: URLPattern) -> tuple[str, list[str]]:
    """Return the address of a pattern as OpenAPI writes it, and the arguments in it."""
    address, arguments = str(pattern.pattern), list(pattern.pattern.converters)
    for name in arguments:
        address = address.replace(f"<int:{name}>", f"{{{name}}}")
    return address, arguments


def _operation(endpoint, pattern: URLPattern, arguments: list[str]) -> dict:
    action = pattern.callback.actions["get"]
    told = {
        "listing_view": f"{endpoint.label}: the edition in force of each",
        "detail_view": f"{endpoint.label}: one, in the edition in force",
        "editions_view": f"{endpoint.label}: the editions of one",
        "edition_view": f"{endpoint.label}: one edition by its number",
    }[action]
    item = f"{SCHEMAS}{'Edition' if action == 'editions_view' else _item_name(endpoint)}"
    many = action in ("listing_view", "editions_view")
    refusals = [400, 401, 406, *([403] if endpoint.scope else []), *([404] if arguments else [])]
    operation = {
        "operationId": f"{endpoint.slug}-{pattern.name}",
        "tags": [endpoint.slug],
        "summary": told,
        "parameters": [
            *(_in_path(name) for name in arguments),
            *_in_query(endpoint.questions()[action]),
        ],
        "responses": {
            "200": _answer(_list(item) if many else {"$ref": item}, dated=action == "edition_view"),
            "304": {"description": "Nothing has changed since the answer whose ETag was sent."},
            **{str(code): {"$ref": f"#/components/responses/{code}"} for code in refusals},
        },
    }
    if endpoint.scope:
        operation["security"] = [{TOKEN: []}]
        operation["description"] = f"Needs a token with the scope “{endpoint.scope}”."
    elif endpoint.wider_scope:
        operation["security"] = [{}, {TOKEN: []}]
        operation["description"] = f"A token with the scope “{endpoint.wider_scope}” reads more."
    return operation


def _list(item: str) -> Schema:
    total = {"type": "integer", "minimum": 0, "description": "How many there are in all."}
    items = {"type": "array", "items": {"$ref": item}}
    meta = _object({"total_count": total}, ["total_count"])
    return _object({"meta": meta, "items": items}, ["meta", "items"])


def _answer(schema: Schema, *, dated: bool) -> dict:
    tag = {"description": "For If-None-Match.", "schema": {"type": "string"}}
    day = {"description": "For If-Modified-Since.", "schema": {"type": "string"}}
    return {
        "description": "As asked for.",
        "headers": {"ETag": tag, **({"Last-Modified": day} if dated else {})},
        "content": {"application/json": {"schema": schema}},
    }


def _refusal(title: str) -> dict:
    return {"description": title, "content": {PROBLEM: {"schema": {"$ref": f"{SCHEMAS}Problem"}}}}


def _in_path(name: str) -> dict:
    told = {"pk": "The item's `id`.", "number": "Number of the edition."}[name]
    schema = {"type": "integer", "minimum": 1}
    return {"name": name, "in": "path", "required": True, "schema": schema, "description": told}


def _in_query(question: type[Question]) -> list[dict]:
    found = []
    for name, schema in question.model_json_schema()["properties"].items():
        # Absent is not a value one could send: of "or nothing" only the rest remains.
        given = next((each for each in schema.get("anyOf", ()) if each != {"type": "null"}), {})
        kept = {key: schema[key] for key in schema if key not in ("anyOf", "title", "description")}
        found.append(
            {
                "name": name,
                "in": "query",
                "description": schema["description"],
                "schema": {k: v for k, v in (kept | given).items() if v is not None},
            }
        )
    return found


def _index() -> dict:
    entry = _object(
        {
            "name": {"type": "string"},
            "label": {"type": "string"},
            "url": URL,
            "scope": {"type": ["string", "null"], "description": "What a token needs; null: none."},
            "wider_scope": {
                "type": ["string", "null"],
                "description": "With what a token reads more than everybody; null: none does.",
            },
        },
        ["name", "label", "url", "scope", "wider_scope"],
    )
    schema = _object(
        {"description_url": URL, "endpoints": {"type": "array", "items": entry}},
        ["description_url", "endpoints"],
    )
    return {
        "operationId": "index",
        "summary": "What there is",
        "responses": {
            "200": _answer(schema, dated=False),
            "304": {"description": "Nothing has changed since the answer whose ETag was sent."},
            **{str(code): {"$ref": f"#/components/responses/{code}"} for code in (400, 401, 406)},
        },
    }
