"""Need groups (Hilfebedarfsgruppen): the combinations of modules that meet them, and special ones.

Sources: need groups of an addiction service (A1-41 to 43) and of a debt counselling service
(A1-52 to 54).
"""

from typing import Literal

from pydantic import Field, model_validator

from base.content import (
    ASIDE,
    PRINTED,
    Content,
    Key,
    Line,
    Refusal,
    Text,
    Words,
    _,
    aside_where,
    labels,
    require_unique,
    summary,
)
from cms.content.keys import ModuleKey, NeedGroupKey


class Entry(Content):
    """What a combination asks of some modules.

    `required`: all of them; `one_of`: exactly one (the sources' "oder", D15); `at_least`: n of
    them; `optional`: if needed.
    """

    model_config = summary("{requirement} {modules}", title=_("part of the combination"))

    requirement: Literal["required", "one_of", "at_least", "optional"] = Field(
        "required",
        title=_("requirement"),
        description=_("What holds for the modules named below."),
        **labels(
            required=_("all of these modules"),
            one_of=_("exactly one of these modules"),
            at_least=_("at least so many of these modules"),
            optional=_("if needed"),
        ),
    )
    modules: tuple[ModuleKey, ...] = Field(
        min_length=1,
        title=_("modules"),
        description=_("Modules of this catalogue."),
    )
    at_least: int = Field(
        1,
        ge=1,
        le=100,
        title=_("at least"),
        description=_("Counts where so many of the modules are needed."),
        **aside_where(requirement="at_least"),
    )
    label: Words = Field(
        "",
        max_length=300,
        title=_("label in this group"),
        description=_("Another name for the module within this need group."),
        **ASIDE,
    )

    @model_validator(mode="after")
    def _enough(self):
        require_unique(self.modules, "modules")
        if self.requirement == "at_least" and self.at_least > len(self.modules):
            raise Refusal(
                _("at_least %(number)s exceeds the %(named)s modules named"),
                number=self.at_least,
                named=len(self.modules),
            )
        return self


class Combination(Content):
    """Modules that belong together, in the order they are delivered."""

    model_config = summary("{label}", title=_("combination"))

    key: Key = Field(
        title=_("key"),
        description=_("Short name for references and files: small letters, digits, hyphens."),
    )
    label: Words = Field(
        "",
        max_length=300,
        title=_("label"),
        description=_("Tells combinations of one group apart; may stay empty where there is one."),
    )
    entries: tuple[Entry, ...] = Field(
        min_length=1,
        title=_("modules"),
        description=_("The modules in the order in which they are delivered."),
    )
    printed_total: str = Field(
        "",
        max_length=300,
        title=_("printed total"),
        description=_("Kept as a note; totals are always computed."),
        **PRINTED,
    )


class NeedGroup(Content):
    """A class of severity (Hilfebedarfsgruppe) with the combinations that meet it."""

    model_config = summary("{code} {title}", title=_("need group"))

    key: Key = Field(
        title=_("key"),
        description=_("Short name for references and files: small letters, digits, hyphens."),
    )
    code: Line = Field(title=_("code"), description=_("As printed, for example HBG 3."))
    title: Line = Field(title=_("title"), description=_("Name of the need group."))
    criteria: tuple[Text, ...] = Field(
        (), title=_("criteria"), description=_("One per line; one of them suffices.")
    )
    combinations: tuple[Combination, ...] = Field(
        min_length=1,
        title=_("combinations"),
        description=_("Which modules the group gets. Most groups have one combination."),
    )


class AddOn(Content):
    """A special module (Sondermodul) that may join a need group, and when it is delivered."""

    model_config = summary("{module} {condition}", title=_("special module"))

    module: ModuleKey = Field(title=_("module"), description=_("A module of this catalogue."))
    need_groups: tuple[NeedGroupKey, ...] = Field(
        (), title=_("need groups"), description=_("The need groups it may join; empty: on its own.")
    )
    timing: Literal["parallel", "before_others", "on_its_own"] = Field(
        "parallel",
        title=_("timing"),
        description=_("When it is delivered."),
        **labels(
            parallel=_("beside the others"),
            before_others=_("before the others"),
            on_its_own=_("on its own"),
        ),
    )
    after: ModuleKey | None = Field(
        None,
        title=_("after module"),
        description=_("The module it follows; empty: no particular one."),
    )
    condition: Words = Field(
        "",
        max_length=1000,
        title=_("for whom"),
        description=_("For whom the special module is meant."),
    )
