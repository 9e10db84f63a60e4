from django.db import migrations
from django.db.models import Exists, OuterRef


def note_records(apps, _schema_editor):
    """Note of which appointments there is a record, and for which cases one counts.

    Triggers do so once all migrations are through, and look again then (`base.noting`).
    """
    records = apps.get_model("forms", "ServiceRecord").objects
    appointments = apps.get_model("forms", "Appointment").objects
    of_appointment = records.filter(
        contract=OuterRef("case__contract"), reference=OuterRef("reference")
    )
    recorded = appointments.filter(Exists(of_appointment)).order_by().values("pk")
    appointments.filter(pk__in=recorded).update(recorded=True)
    counting = records.filter(case=OuterRef("pk"), status="submitted")
    apps.get_model("forms", "Case").objects.filter(Exists(counting)).update(worked=True)


class Migration(migrations.Migration):
    dependencies = [("forms", "0018_noted_records")]

    operations = [migrations.RunPython(note_records, migrations.RunPython.noop)]
