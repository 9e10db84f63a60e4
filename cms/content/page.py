"""A page of knowledge: a working aid, an offer, a training, contacts, a mutual visit (A1-15).

Also what an operator has to show everybody: imprint, data protection, accessibility.
"""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from base.content import (
    Content,
    Kept,
    Key,
    Line,
    NamedIn,
    Refusal,
    Text,
    Words,
    _,
    labels,
    summary,
)

ADDRESS = re.compile(r"(?:https?://[^\s/]+\S*|mailto:\S+@\S+|/(?!/)\S*)")

Kind = Literal["section", "guide", "offer", "event", "visit", "contacts", "information"]
KINDS = {
    "section": _("section"),
    "guide": _("working aid"),
    "offer": _("offer"),
    "event": _("training or event"),
    "visit": _("mutual visit"),
    "contacts": _("contacts"),
    "information": _("information"),
}
Audience = Literal["public", "staff", "body"]
AUDIENCES = {
    "public": _("everybody, without signing in"),
    "staff": _("staff of commissioning bodies"),
    "body": _("one commissioning body and its providers"),
}


def _leads_somewhere(text: str) -> str:
    """Return an address; raises Refusal for one that no link may lead to, such as a script."""
    if not ADDRESS.fullmatch(text):
        raise Refusal(
            _("%(text)s is no address: it begins with https://, mailto: or a slash"), text=text
        )
    return text


Address = Annotated[Line, AfterValidator(_leads_somewhere)]


class TextPart(Content):
    """Paragraphs under a heading."""

    model_config = summary("{heading}", title=_("text"))

    part: Literal["text"] = "text"
    heading: Words = Field("", max_length=200, title=_("heading"), description=_("May be empty."))
    paragraphs: tuple[Text, ...] = Field(
        min_length=1, title=_("paragraphs"), description=_("One paragraph per line.")
    )


class ListPart(Content):
    """A list of points, or of steps in their order."""

    model_config = summary("{heading}", title=_("list"))

    part: Literal["list"] = "list"
    heading: Words = Field("", max_length=200, title=_("heading"), description=_("May be empty."))
    numbered: bool = Field(
        False, title=_("numbered"), description=_("Where the points are steps in their order.")
    )
    points: tuple[Text, ...] = Field(
        min_length=1, title=_("points"), description=_("One point per line.")
    )


class LinkPart(Content):
    """A way to another page, here or elsewhere."""

    model_config = summary("{title}", title=_("link"))

    part: Literal["link"] = "link"
    title: Line = Field(
        title=_("text of the link"), description=_("Says where it leads, not “click here”.")
    )
    address: Address = Field(
        title=_("address"),
        description=_("Begins with https://, mailto: or, for a page of this house, with a slash."),
    )


class ImagePart(Content):
    """A picture, with words for those who do not see it."""

    model_config = summary("{alternative}", title=_("picture"))

    part: Literal["image"] = "image"
    image: Annotated[int, Kept("image")] = Field(
        title=_("picture"), description=_("A photograph or drawing, as JPEG or PNG.")
    )
    alternative: Line = Field(
        title=_("alternative text"),
        description=_("What the picture tells, for people who do not see it."),
    )
    caption: Words = Field(
        "", max_length=300, title=_("caption"), description=_("Below the picture; may be empty.")
    )


class DocumentPart(Content):
    """A file to take along. It is handed out to those alone who may read the page."""

    model_config = summary("{title}", title=_("document"))

    part: Literal["document"] = "document"
    document: Annotated[int, Kept("document")] = Field(
        title=_("document"), description=_("A file, for example a PDF.")
    )
    title: Line = Field(title=_("title"), description=_("What readers see as its name."))
    accessible: Words = Field(
        "",
        max_length=300,
        title=_("the same without the file"),
        description=_("Where people find it who cannot read the file; may be empty."),
    )


class ContactPart(Content):
    """Somebody to turn to."""

    model_config = summary("{name}", title=_("contact"))

    part: Literal["contact"] = "contact"
    name: Line = Field(title=_("name"), description=_("A person, a team or an office."))
    task: Words = Field(
        "", max_length=200, title=_("responsible for"), description=_("May be empty.")
    )
    phone: Words = Field("", max_length=50, title=_("phone"), description=_("May be empty."))
    email: Words = Field("", max_length=200, title=_("e-mail"), description=_("May be empty."))
    hours: Words = Field(
        "", max_length=200, title=_("when to reach"), description=_("May be empty.")
    )


class AppointmentPart(Content):
    """When and where a training or a visit takes place."""

    model_config = summary("{first} {place}", title=_("date and place"))

    part: Literal["appointment"] = "appointment"
    first: date = Field(title=_("first day"), description=_("The only one, where it is one."))
    last: date | None = Field(
        None, title=_("last day"), description=_("Where it lasts for several days.")
    )
    hours: Words = Field(
        "", max_length=100, title=_("time"), description=_("For example 9:00 to 12:30.")
    )
    place: Line = Field(title=_("place"), description=_("Address and room, or “online”."))
    registration: Words = Field(
        "",
        max_length=300,
        title=_("registration"),
        description=_("With whom and until when; may be empty."),
    )

    @model_validator(mode="after")
    def _in_order(self):
        if self.last and self.last < self.first:
            raise Refusal(_("the last day is before the first"))
        return self


Part = TextPart | ListPart | LinkPart | ImagePart | DocumentPart | ContactPart | AppointmentPart


class PageContent(Content):
    """All that a page says, and who may read it."""

    title: Line = Field(title=_("title"), description=_("Names the thing it is about."))
    slug: Key = Field(
        title=_("address"),
        description=_(
            "Last part of the page's address: small letters, digits and hyphens. Who follows the "
            "old one is led to the new one."
        ),
    )
    kind: Kind = Field(
        "guide",
        title=_("kind of page"),
        description=_("Readers find pages by it. A section lists the pages below it."),
        **labels(**KINDS),
    )
    audience: Audience = Field(
        "staff",
        title=_("who may read it"),
        description=_("Whoever may not read a page finds none of those below it either."),
        **labels(**AUDIENCES),
    )
    body: Annotated[Key, NamedIn("commissioning bodies")] | None = Field(
        None,
        title=_("commissioning body"),
        description=_("Only where one body and its providers alone may read it."),
    )
    at_foot: bool = Field(
        False,
        title=_("at the foot of every public page"),
        description=_("Imprint, data protection, accessibility and the like."),
    )
    summary: Words = Field(
        "",
        max_length=500,
        title=_("in short"),
        description=_("What it is about, in one or two sentences; stands in lists."),
    )
    parts: tuple[Part, ...] = Field(
        (), title=_("parts"), description=_("Texts, lists, pictures, dates and so on.")
    )

    @model_validator(mode="after")
    def _whole(self):
        if (self.audience == "body") != (self.body is not None):
            raise Refusal(
                _("a commissioning body is named for pages of one body, and for these alone")
            )
        dated = any(part.part == "appointment" for part in self.parts)
        if self.kind in ("event", "visit") and not dated:
            raise Refusal(_("a training or a visit needs a date and a place"))
        return self
