"""The tree of pages: two sections, drafts of what an operator has to show, pages of services.

Drafts are marked where something has to be filled in; nobody reads them before they are approved.
"""

from datetime import date

from django.db import migrations
from django.utils import timezone

FILL_IN = "[BITTE AUSFÜLLEN: {}]"

IMPRINT = [
    ("Anbieter", [FILL_IN.format("Name der Behörde, Straße, Postleitzahl und Ort")]),
    ("Vertreten durch", [FILL_IN.format("Name und Amt")]),
    ("Kontakt", [FILL_IN.format("Telefon und E-Mail")]),
    (
        "Verantwortlich für den Inhalt",
        [FILL_IN.format("Name und Anschrift nach § 18 Absatz 2 Medienstaatsvertrag")],
    ),
]
PRIVACY = [
    (
        "Wer verantwortlich ist",
        [
            FILL_IN.format("Name und Anschrift der Behörde"),
            FILL_IN.format("Kontakt der oder des Datenschutzbeauftragten"),
        ],
    ),
    (
        "Was beim Lesen dieser Seiten gespeichert wird",
        [
            "Die öffentlichen Seiten lassen sich lesen, ohne sich anzumelden. Sie setzen ein "
            "Cookie zum Schutz der Formulare und merken sich auf Wunsch Sprache und Darstellung. "
            "Es gibt keine Auswertung Ihres Verhaltens und keine Inhalte von anderen Anbietern.",
            FILL_IN.format("was der Webserver protokolliert und wie lange"),
        ],
    ),
    (
        "Wer sich anmeldet",
        [
            "Für die Zusammenarbeit zwischen Auftraggebern und Trägern werden Sozialdaten nach "
            "dem Zehnten Buch Sozialgesetzbuch verarbeitet. Jede Änderung wird protokolliert.",
            FILL_IN.format("Rechtsgrundlagen, Zwecke und Speicherdauer in Ihrem Haus"),
        ],
    ),
    (
        "Ihre Rechte",
        [
            "Sie haben das Recht auf Auskunft, Berichtigung, Löschung und Einschränkung der "
            "Verarbeitung sowie das Recht auf Widerspruch (Artikel 15 bis 21 DSGVO).",
            "Sie können sich bei der Aufsichtsbehörde beschweren: "
            + FILL_IN.format("Name und Anschrift der Aufsichtsbehörde"),
        ],
    ),
]
ACCESSIBILITY = [
    (
        "Wofür diese Erklärung gilt",
        [
            "Diese Erklärung gilt für die öffentlichen Seiten und den Arbeitsbereich dieser "
            "Anwendung. " + FILL_IN.format("Name der Behörde und Adresse der Anwendung"),
        ],
    ),
    (
        "Wie weit die Anwendung barrierefrei ist",
        [
            FILL_IN.format(
                "vollständig oder teilweise vereinbar mit der BITV 2.0, und worauf sich das stützt"
            )
        ],
    ),
    (
        "Was noch nicht barrierefrei ist",
        [FILL_IN.format("Inhalte, Grund und wo es dieselbe Auskunft auf anderem Weg gibt")],
    ),
    (
        "Barrieren melden",
        [
            "Ist Ihnen eine Barriere aufgefallen, oder brauchen Sie eine Auskunft in einer Form, "
            "die Sie nutzen können? Bitte sagen Sie es uns. Wir antworten innerhalb von zwei "
            "Wochen.",
            FILL_IN.format("Ansprechstelle mit Telefon und E-Mail"),
        ],
    ),
    (
        "Wenn unsere Antwort nicht hilft",
        [
            "Sie können sich an die Schlichtungs- oder Durchsetzungsstelle wenden. Das Verfahren "
            "kostet nichts. "
            + FILL_IN.format("zuständige Stelle von Bund oder Land mit Anschrift und E-Mail"),
        ],
    ),
    (
        "Wann diese Erklärung entstand",
        [FILL_IN.format("Tag der Erstellung und der letzten Prüfung")],
    ),
]
EASY = [
    (
        "Was ist diese Seite?",
        [
            "Das Amt hilft Menschen.",
            "Dafür arbeitet das Amt mit anderen zusammen.",
            "Diese anderen nennt man: Träger.",
            "Hier steht, welche Hilfen es gibt.",
        ],
    ),
    (
        "So finden Sie eine Hilfe",
        [
            "Gehen Sie auf die Seite: Unsere Leistungen.",
            "Dort steht jede Hilfe mit ihrem Namen.",
            "Klicken Sie auf den Namen.",
            "Dann lesen Sie mehr über diese Hilfe.",
        ],
    ),
    (
        "Haben Sie Fragen?",
        ["Rufen Sie uns an.", FILL_IN.format("Telefon, und wer diesen Text geprüft hat")],
    ),
]
SIGNED = [
    (
        "Videos in Deutscher Gebärdensprache",
        [FILL_IN.format("Adresse des Videos zu Inhalt und Bedienung dieser Seiten")],
    ),
    (
        "Mit uns in Gebärdensprache sprechen",
        [
            "Sie haben das Recht, sich mit uns in Deutscher Gebärdensprache zu verständigen. Wir "
            "bestellen eine Dolmetscherin oder einen Dolmetscher und tragen die Kosten.",
            FILL_IN.format("Ansprechstelle mit E-Mail oder Fax"),
        ],
    ),
]
AT_FOOT = (
    ("impressum", "Impressum", IMPRINT),
    ("datenschutz", "Datenschutz", PRIVACY),
    ("barrierefreiheit", "Erklärung zur Barrierefreiheit", ACCESSIBILITY),
    ("leichte-sprache", "Leichte Sprache", EASY),
    ("gebaerdensprache", "Gebärdensprache", SIGNED),
)
SECTIONS = (
    ("leistungen", "Unsere Leistungen", "public"),
    ("wissen", "Wissen", "public"),
)
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
STEP = 4


def grow(apps, schema_editor):
    """Make what is there from the beginning, unless somebody has made pages already."""
    sites = apps.get_model("wagtailcore", "Site").objects
    site = sites.filter(is_default_site=True).first()
    if site is None:
        return
    pages = apps.get_model("wagtailcore", "Page").objects
    home = pages.get(pk=site.root_page_id)
    if home.numchild:
        return
    home.title = home.draft_title = "Seiten"
    home.content_type = _kind(apps, "PageRoot")
    home.save(update_fields=["title", "draft_title", "content_type"])
    # Its columns alone: what it has as a page is stored.
    apps.get_model("cms", "PageRoot")(page_ptr_id=home.pk).save_base(raw=True)
    today = timezone.localdate()
    made = {
        slug: _grow_page(apps, home, slug, title, audience=audience, kind="section", today=today)
        for slug, title, audience in SECTIONS
    }
    for slug, title, texts in AT_FOOT:
        _grow_page(
            apps, home, slug, title, audience="public", kind="information", today=today, texts=texts
        )
    _grow_services(apps, made["leistungen"])


def _grow_page(apps, home, slug, title, *, audience, kind, today: date, texts=()):
    return _below(
        apps,
        home,
        "ContentPage",
        slug=slug,
        title=title,
        live=not texts,
        kind=kind,
        audience=audience,
        at_foot=bool(texts),
        applies_from=today,
        parts=[
            {"type": "text", "value": {"heading": heading, "paragraphs": paragraphs}}
            for heading, paragraphs in texts
        ],
    )


def _grow_services(apps, section):
    """Give each published description a page of its own."""
    for description in apps.get_model("cms", "Description").objects.filter(live=True):
        _below(
            apps,
            section,
            "ServicePage",
            slug=description.key.replace(".", "-"),
            title=description.title[:255],
            live=True,
            description=description,
        )


def _below(apps, parent, model: str, *, title, live, **values):
    """Make a page as the last one below another; what Wagtail's tree does, without its methods."""
    now = timezone.now() if live else None
    parent.numchild += 1
    parent.save(update_fields=["numchild"])
    return apps.get_model("cms", model).objects.create(
        path=parent.path + _spelled(parent.numchild),
        depth=parent.depth + 1,
        numchild=0,
        url_path=f"{parent.url_path}{values['slug']}/",
        title=title,
        draft_title=title,
        live=live,
        has_unpublished_changes=not live,
        first_published_at=now,
        last_published_at=now,
        content_type=_kind(apps, model),
        locale_id=parent.locale_id,
        **values,
    )


def _kind(apps, model: str):
    """Return what names a kind of page, made where it is not there yet."""
    kinds = apps.get_model("contenttypes", "ContentType").objects
    return kinds.get_or_create(app_label="cms", model=model.lower())[0]


def _spelled(number: int) -> str:
    """Return a number as a step of a path."""
    digits = ""
    while number:
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits.rjust(STEP, ALPHABET[0])


class Migration(migrations.Migration):
    dependencies = [
        ("cms", "0002_pages"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(grow, migrations.RunPython.noop)]
