"""The content API: what is published, as JSON, for programs (docs/api.md).

Wagtail's API v2 carries it: its router, its endpoints, its way of choosing fields. What each
endpoint offers is declared once (`endpoints`, `parameters`); the answers, the refusals and the
OpenAPI description (`description`) follow from that.

    request -> `door` (no cookie counts) -> `endpoints` <- `readers` (what a token may read)
                                                |-> `problems`, `conditional`

Each app registers what it publishes in a module `api`, as it does in `workspace`.
"""
