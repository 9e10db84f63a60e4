#!/usr/bin/env bash
# Guess: an e-invoice (CII) that names two preceding invoices, as a correction of both, keeps both
#   when it is read and written again, or reading it is refused.
# Seen (drafthorse 2025.2.0, 29 November 2026): only the last of them is left, without a word. The
#   format allows any number in the profile of EN 16931 (BG-3).
# So: write and read the references of corrections ourselves, and compare after writing.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'drafthorse==2025.2.0'
"$folder/venv/bin/python" - <<'END'
from copy import deepcopy
from importlib.metadata import version

from drafthorse.models.trade import TradeSettlement

NAME = "InvoiceReferencedDocument"


def numbers(element) -> list[str]:
    """The numbers of preceding invoices that a settlement names."""
    return [
        part.text for each in element if each.tag.endswith(NAME) for part in each.iter()
        if part.tag.endswith("IssuerAssignedID")
    ]


settlement = TradeSettlement()
settlement.invoice_referenced_document.issuer_assigned_id = "2026-0001"
element = settlement.to_etree()
place, first = next((i, each) for i, each in enumerate(element) if each.tag.endswith(NAME))
second = deepcopy(first)
next(part for part in second.iter() if part.text == "2026-0001").text = "2026-0002"
element.insert(place + 1, second)

again = TradeSettlement()
again.from_etree(element)
print("drafthorse", version("drafthorse"))
print("  read:", numbers(element), "written again:", numbers(again.to_etree()))
assert numbers(element) == ["2026-0001", "2026-0002"]
assert numbers(again.to_etree()) == ["2026-0002"]
END
