"""Keys by which parts of a module catalogue name each other."""

from typing import Annotated

from base.content import Key, RefersTo

UnitKey = Annotated[Key, RefersTo("units")]
PhaseKey = Annotated[Key, RefersTo("phases")]
ModuleKey = Annotated[Key, RefersTo("modules")]
NeedGroupKey = Annotated[Key, RefersTo("need_groups")]
