"""Fixtures that are made once for all tests of a module: `@kept` in place of `@pytest.fixture`."""

from collections.abc import Callable, Iterable
from copy import deepcopy
from inspect import Parameter, Signature, signature

import pytest


def kept(make: Callable):
    """Make what tests begin with once for their module; each test gets a copy of its own.

    Rows stay until the module ends (`kept_rows`), for tests that do not ask for them, too. What is
    made from something else that is kept asks for it by its name with `kept_` before it:

        @kept
        def contract(kept_catalogue):
            return make_contract(catalogues=(kept_catalogue,))
    """
    name = f"kept_{make.__name__}"

    def once(kept_rows, **others):
        return make(**others)

    def copy(db, **original):
        return deepcopy(original[name])

    once.__signature__ = _asking_for(["kept_rows", *signature(make).parameters])
    copy.__signature__ = _asking_for(["db", name])
    # Pytest finds fixtures by the names they have in a module.
    make.__globals__[name] = pytest.fixture(scope="module", name=name)(once)
    return pytest.fixture(name=make.__name__)(copy)


def _asking_for(names: Iterable[str]) -> Signature:
    return Signature([Parameter(name, Parameter.KEYWORD_ONLY) for name in names])
