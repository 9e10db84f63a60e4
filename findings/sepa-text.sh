#!/usr/bin/env bash
# Guess: a purpose of payment is written as it is, or refused where SEPA does not allow it: § and
#   umlauts are spelled out (ue), and what is longer than 140 characters is an error.
# Seen (sepaxml 2.7.0, 29 November 2026): with clean=True, its default, "§ 16a" becomes "SS 16a",
#   "Fälle" becomes "Falle", and the text ends after 140 characters without a word, in the middle
#   of an invoice's number if that is where they end. The schema finds nothing wrong with it.
# So: spell out ae, oe, ue, ss and "Par." before; the invoice's number first; refuse what is longer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'sepaxml==2.7.0'
"$folder/venv/bin/python" - <<'END'
import re
from datetime import date
from importlib.metadata import version

from sepaxml import SepaTransfer

payer = {
    "name": "Amt Musterstadt", "IBAN": "DE89370400440532013000", "BIC": "COBADEFFXXX",
    "batch": False, "currency": "EUR",
}
purposes = (
    "§ 16a SGB II: drei Fälle, Grüße",
    "Beratung im Monat Oktober, " + "vereinbart und geprüft, " * 5 + "Rechnung 2026-000417",
)
transfer = SepaTransfer(payer, schema="pain.001.001.09")
for purpose in purposes:
    transfer.add_payment({
        "name": "Beispiel gGmbH", "IBAN": "DE02120300000000202051", "BIC": "BYLADEM1001",
        "amount": 12345, "execution_date": date(2026, 12, 1), "description": purpose,
    })
written = re.findall("<Ustrd>(.*?)</Ustrd>", transfer.export(validate=True).decode())
print("sepaxml", version("sepaxml"))
for asked, got in zip(purposes, written, strict=True):
    print(f"  asked: {asked}\n  wrote: {got}")
assert written[0] == "SS 16a SGB II: drei Falle, Grusse"
assert len(purposes[1]) > 140 == len(written[1]) and "2026-000417" not in written[1]
END
