"""Which of several terms that price one kind of work comes first, and what it leaves to the next.

A term names the terms that come before it. Of what they have in common it gets what their limits
leave over, from the last of them; the first of them gets the work itself. So all work passes from
term to term, and no minute of it is priced twice.
"""

from collections.abc import Sequence

from base.content import _, listed
from contracts.billing.scheme import BillingError, Terms


def left_by(terms: Terms, all_terms: Sequence[Terms]) -> dict[str, str]:
    """Return, by kind of work, the key of the term whose rest the term prices.

    `all_terms` are those in force together, in their order.
    """
    found: dict[str, str] = {}
    for other in all_terms:
        if other.key in terms.comes_after():
            found.update(dict.fromkeys(terms.prices() & other.prices(), other.key))
    return found


def left_to(terms: Terms, all_terms: Sequence[Terms]) -> dict[str, str]:
    """Return, by kind of work, the key of the term that prices what the term leaves over."""
    return {
        kind: other.key
        for other in all_terms
        if other.comes_after()
        for kind, key in left_by(other, all_terms).items()
        if key == terms.key
    }


def takes_turns(terms: Terms, all_terms: Sequence[Terms]) -> bool:
    """Whether the term prices work that another one of them prices too."""
    return bool(left_by(terms, all_terms) or left_to(terms, all_terms))


def check_turns(terms: Sequence[Terms]) -> None:
    """Raise BillingError where a term comes after one that can leave it nothing.

    An earlier one can that has a limit and prices a kind of work of the term.
    """
    for place, each in enumerate(terms):
        fit = [
            other.key
            for other in terms[:place]
            if other.leaves_over() and other.prices() & each.prices()
        ]
        if wrong := sorted(set(each.comes_after()) - set(fit)):
            raise BillingError(
                _(
                    "%(place)s: %(values)s cannot come first; allowed: earlier remunerations "
                    "with a cap or a limit that price the same kind of work: %(known)s"
                ),
                term=each.key,
                component="after",
                values=listed(wrong),
                known=listed(fit),
            )
