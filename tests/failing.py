"""What is said of a test that failed, in one line."""

import re

PLACE = re.compile(r"^(tests/\S+?:\d+):", re.MULTILINE)
LONGEST = 500


def in_short(message: str, traceback: str) -> str:
    """Return the first line of the message after the last lines of ours that led to it: the one in
    a test, and where that called something of ours the one there.

    An error raised in a library, as by a browser that waits in vain, says nothing by its own place.
    """
    said = next(iter(message.strip().splitlines()), "")
    places = PLACE.findall(traceback)
    tests = [place for place in places if "/test_" in place]
    led = dict.fromkeys([*tests[-1:], *places[-1:]])
    return ": ".join([*led, said])[:LONGEST]
