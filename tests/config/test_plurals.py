"""One of a thing is not several: a German text that counts has a form for one.

What counts is found by the noun that stands behind a figure. A text without a form for one stands
here with the reason why its figure is never one.
"""

import re

import polib
from django.conf import settings

COUNTED = re.compile(
    r"%(?:\(\w+\))?[ds] (?:Stunden|(?:T|Kalendert|Arbeitst)agen?|Wochen|Monaten?|Jahren?|Fällen?"
    r"|Kontakten?|Nachweisen?|Personen|Einträgen?|Teilnehmende|Anwesende|Sitzungen|Terminen?"
    r"|Verträgen?|Zeilen)\b"
)
LIMIT = "a limit, far above one"
ONE_APART = "one has a text of its own (contracts/dates/deadlines.py)"
VALID = "how long links are valid is set to days"
NEVER_ONE = {
    "%(count)d calendar days later": ONE_APART,
    "%(count)d working days later": ONE_APART,
    "%(count)d weeks later": ONE_APART,
    "%(count)d months later": ONE_APART,
    "posted: deemed received %(count)d days later": "three days or four, by law",
    "%(count)d present": "said of several only",
    "%(done)s of %(total)s contracts": "one of one contract: “1 von 1 Verträgen” is right",
    "from %(known)d of %(whole)d days": "of a year",
    "A link goes to %(address)s. It is valid for %(days)d days.": VALID,
    "The person has not set a password yet. A link is valid for %(days)s days; you can send a new"
    " one.": VALID,
    "With this link you set your password. It is valid for %(days)s days and can be used once:": (
        VALID
    ),
    "A series has at most %(most)s appointments: please choose an earlier end.": LIMIT,
    "At most %s rows are saved at once.": LIMIT,
    "Please choose at most %(most)s days.": LIMIT,
    "These are %(too_many)s appointments; at most %(most)s letters are made at once.": LIMIT,
    "These are %(too_many)s cases; at most %(most)s letters are made at once.": LIMIT,
    "Only the newest %(count)s entries: narrow the filters to export the others.": LIMIT,
    "Page %(number)s of %(total)s · %(rows)s entries": "there are several pages",
    "Page %(number)s of %(total)s · more than %(rows)s entries: filters lead to the others": LIMIT,
    "All %(record_count)s records": "there are more than are shown",
    "Without a record for %(days)s days": "two weeks, or as many as somebody sets",
    "Group session %(session)s: %(reference)s is withdrawn, but the others still count"
    " %(participants)s participants. They need a new version too.": "others took part",
}


def test_what_is_counted_has_a_form_for_one():
    catalogue = polib.pofile(settings.BASE_DIR / "locale/de/LC_MESSAGES/django.po")
    without = {
        entry.msgid
        for entry in catalogue
        if not entry.msgid_plural and COUNTED.search(entry.msgstr)
    }
    assert sorted(without - set(NEVER_ONE)) == []
    assert set(NEVER_ONE) <= without
