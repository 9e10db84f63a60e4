"""Which chapter of the handbook belongs to which screen, by menu entry and by who reads there."""

from base.handbook import FIRST, register
from contracts.models import Member
from contracts.roles import Role

CHAPTERS = {
    "vertragsmanagement": Role.MANAGER,
    "fallmanagement": Role.CASEWORKER,
    "teamleitung": Role.TEAM_LEAD,
    "beratung": Role.COUNSELLOR,
    "traegerleitung": Role.PROVIDER_LEAD,
    "finanzen": Role.FINANCE,
    "pruefung": Role.AUDITOR,
    "leitung": Role.DIRECTOR,
    "administration": Role.ADMINISTRATOR,
}

DRAFTS = {"vertragsmanagement": "Vom Entwurf zur Fassung", "leitung": "Was ist vereinbart?"}
COSTS = {
    "traegerleitung": "Personalkosten und Belege",
    "finanzen": "Personalkosten, Belege, Abschläge",
}

PLACES: dict[str, dict[str, str]] = {
    "home": {FIRST: "Sich zurechtfinden"},
    "worklist": {FIRST: "Arbeitsliste"},
    "records": {
        "fallmanagement": "Den Fall verfolgen",
        "beratung": "Einen Tag erfassen",
        "traegerleitung": "Fälle und Personal",
    },
    "substitutions": {
        "fallmanagement": "Wenn Sie nicht da sind",
        "teamleitung": "Vertretungen",
        "beratung": "Wenn Sie nicht da sind",
        "traegerleitung": "Fälle und Personal",
        "administration": "Personen",
    },
    "appointments": {
        "fallmanagement": "Kalender",
        "beratung": "Kalender",
        "traegerleitung": "Kalender",
    },
    "cases": {
        "fallmanagement": "Einen Fall eröffnen",
        "teamleitung": "Wer hat wie viele Fälle?",
        "beratung": "Ihre Fälle",
        "traegerleitung": "Fälle und Personal",
        "leitung": "Was wird geleistet?",
    },
    "deadlines": {"fallmanagement": "Fristen", "beratung": "Fristen"},
    "forms": {"fallmanagement": "Den Fall verfolgen", "beratung": "Formulare"},
    "contracts": DRAFTS,
    "signings": {
        "traegerleitung": "Verträge unterschreiben und Änderungen vorschlagen",
        "leitung": "Verträge unterschreiben",
        "vertragsmanagement": "Unterschriften",
    },
    "proposals": {
        "traegerleitung": "Verträge unterschreiben und Änderungen vorschlagen",
        "vertragsmanagement": "Änderungsvorschläge der Träger",
    },
    "catalogues": DRAFTS,
    "descriptions": DRAFTS,
    "form-definitions": DRAFTS,
    "approvals": DRAFTS,
    "knowledge": {"vertragsmanagement": "Seiten mit Wissen"},
    "organisations": {"administration": "Organisationen und Konten"},
    "figures": {
        "leitung": "Zahlen",
        "vertragsmanagement": "Zahlen",
        "teamleitung": "Zahlen",
        "traegerleitung": "Zahlen",
    },
    "calendar": {"vertragsmanagement": "Fristen und Kündigung", "leitung": "Was steht an?"},
    "statements": {
        "finanzen": "Der Weg einer Abrechnung",
        "traegerleitung": "Abrechnungen",
        "pruefung": "Einen Betrag nachvollziehen",
        "leitung": "Was kosten die Leistungen?",
    },
    "payroll": COSTS,
    "instalments": COSTS,
    "closed-years": {"finanzen": "Jahresabschlüsse"},
    "reports": {
        "traegerleitung": "Beurteilung zum Halbjahresbericht",
        "vertragsmanagement": "Stellungnahme zum Halbjahresbericht",
        "leitung": "Was wird geleistet?",
    },
    "runs": {"finanzen": "Läufe", "administration": "Läuft alles?"},
    "people": {"administration": "Personen"},
    "api-tokens": {"administration": "Zugänge für Programme"},
    "trail": {"pruefung": "Verlauf", "administration": "Verlauf und Integritätsprüfung"},
}
"""Chapter and heading for each menu entry; who has none of these roles reads the first."""


def find(user, menu: str) -> tuple[str, str]:
    """Return the chapter written for a role that the person has, else the first."""
    places = PLACES.get(menu)
    if not places:
        return "", ""
    own = {role for roles in _roles(user) for role in roles}
    key = next((key for key in places if CHAPTERS.get(key) in own), next(iter(places)))
    return key, places[key]


def _roles(user):
    return Member.objects.filter(user=user).values_list("roles", flat=True)


register(find)
