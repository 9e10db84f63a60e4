"""What a contract says of the staff and of kinds of work."""

from decimal import Decimal
from typing import Literal

from pydantic import Field

from base.content import (
    Content,
    Key,
    Line,
    Words,
    _,
    labels,
    summary,
)


class Post(Content):
    """Staff the contract pays for (A1-45 § 3)."""

    model_config = summary("{role} {share}", title=_("post"))

    role: Line = Field(title=_("role"), description=_("For example counsellor or administration."))
    share: Decimal = Field(
        gt=0,
        le=100,
        max_digits=6,
        decimal_places=3,
        title=_("full posts"),
        description=_("1 for a full post, 0.5 for half of one."),
    )
    qualification: Words = Field(
        "", max_length=1000, title=_("qualification"), description=_("Which training is asked for.")
    )
    pay_scale: Words = Field(
        "",
        max_length=200,
        title=_("pay scale"),
        description=_("Collective agreement and pay group, for example TVöD S 12."),
    )


class KindOfWork(Content):
    """A kind of work that service records name; what it is worth, the remuneration says."""

    model_config = summary("{label}", title=_("kind of work"))

    key: Key = Field(
        title=_("key"),
        description=_(
            "Short name that service records and remuneration use: small letters, digits, hyphens."
        ),
    )
    label: Line = Field(title=_("label"), description=_("As counsellors choose it when recording."))
    setting: Literal["individual", "group", "complex"] = Field(
        "individual",
        title=_("setting"),
        description=_("Whether it is done with one person, in a group, or as a completed stage."),
        **labels(
            individual=_("individual"),
            group=_("in a group"),
            complex=_("completed stage"),
        ),
    )
