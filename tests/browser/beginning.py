"""What a site has before a journey begins: files of the sample, and accounts for its people."""

import csv
import re

from tests.browser.site import ROOT, Site

SAMPLE = ROOT / "sample"
AGREED = re.compile(r"    phase_agreements:\n      - \{.*agreed_on: ([\d-]+).*\}\n")


LAST_ANNEX = re.compile(r"^ +- \{key: anlage-1,.*valid_from: ([\d-]+).*\}\n", re.MULTILINE)
ANNEX = (
    '            - {{key: anlage-9, label: "Anlage 9: Leistungsbeschreibung", kind: description, '
    "source: {key}, edition: 1, valid_from: {first}}}\n"
)


def begin(
    site: Site,
    *names: str,
    without: tuple[str, str] | None = None,
    described: tuple[str, str] = ("", ""),
) -> None:
    """Import files of the sample into the empty site and open the accounts.

    `without` names a table and a reference: that row is left out. `described` names a contract's
    file and a service description, which it annexes from its beginning on: its standards make
    deadlines. What was agreed after the day that it is there is not known yet.
    """
    folder = site.folder / "begin"
    folder.mkdir()
    for name in names:
        (path,) = SAMPLE.glob(name)
        text = path.read_text(encoding="utf-8")
        if without and path.name.startswith(without[0]):
            lines = text.splitlines(keepends=True)
            text = "".join(line for line in lines if without[1] not in next(csv.reader([line])))
        if described[0] and name.startswith(described[0]):
            text = LAST_ANNEX.sub(
                lambda found: found[0] + ANNEX.format(key=described[1], first=found[1]),
                text,
                count=1,
            )
        if site.day:
            text = AGREED.sub(lambda found: found[0] if found[1] <= site.day else "", text)
        (folder / path.name).write_text(text, encoding="utf-8")
    site.run_inside("begin")
