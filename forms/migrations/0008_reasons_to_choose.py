"""The reasons that are offered to begin with, and notes of before put under one of them."""

from django.db import migrations
from django.utils import timezone

REASONS = (
    ("more-need", "Bedarf höher als geplant", "recorded"),
    ("crisis", "Krise, nicht aufschiebbar", "recorded"),
    ("agreed-with-body", "mit der auftraggebenden Stelle abgesprochen", "recorded"),
    ("before-agreement", "einzelne Leistung vor der Vereinbarung nötig", "recorded"),
    ("mistyped", "Eingabefehler", "changed"),
    ("wrong-case", "falscher Fall", "changed"),
    ("recorded-twice", "doppelt erfasst", "changed"),
    ("did-not-take-place", "hat nicht stattgefunden", "changed"),
    ("known-later", "erst später bekannt geworden", "changed"),
    ("queried", "nach Rückfrage berichtigt", "changed"),
    ("other", "sonstiger Grund", "both"),
)
OTHER = "other"


def offer_reasons(apps, schema_editor):
    """Store the reasons with their history."""
    model, history = (
        apps.get_model("forms", name) for name in ("RecordReason", "HistoricalRecordReason")
    )
    for place, (key, label, occasion) in enumerate(REASONS, 1):
        values = {"key": key, "label": label, "occasion": occasion, "position": 10 * place}
        reason = model.objects.create(**values)
        history.objects.create(
            id=reason.pk, **values, history_date=timezone.now(), history_type="+"
        )


def put_notes_under_a_reason(apps, schema_editor):
    """Records whose versions have a note keep it; the choice says "other"."""
    other = apps.get_model("forms", "RecordReason").objects.get(key=OTHER)
    noted = [
        apps.get_model("forms", name).objects.exclude(reason="").filter(chosen_reason=None)
        for name in ("ServiceRecord", "HistoricalServiceRecord")
    ]
    if not any(rows.exists() for rows in noted):
        return
    opening = apps.get_model("base", "GateOpening").objects.create(
        reason="Notes on service records are put under a reason.", opened_at=timezone.now()
    )
    for rows in noted:
        rows.update(chosen_reason=other)
    opening.closed_at = timezone.now()
    opening.save()


class Migration(migrations.Migration):
    dependencies = [
        ("base", "0001_initial"),
        ("forms", "0007_record_reasons"),
    ]

    operations = [
        migrations.RunPython(offer_reasons, migrations.RunPython.noop),
        migrations.RunPython(put_notes_under_a_reason, migrations.RunPython.noop),
    ]
