from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("forms", "0019_note_records")]

    operations = [
        migrations.AddIndex(
            model_name="appointment",
            index=models.Index(
                condition=models.Q(recorded=False, status__in=("planned", "held")),
                fields=["begins", "id"],
                name="appointment_without_record",
            ),
        ),
        migrations.AddIndex(
            model_name="casestatus",
            index=models.Index(
                condition=models.Q(status__in=("paused", "closed")),
                fields=["status", "case", "valid_from"],
                name="case_status_that_stops",
            ),
        ),
        migrations.AddIndex(
            model_name="deadline",
            index=models.Index(
                fields=["due_on", "standard", "state", "ended_on", "case"],
                name="deadline_outcome",
            ),
        ),
        migrations.AddIndex(
            model_name="servicerecord",
            index=models.Index(
                condition=models.Q(status="submitted"),
                fields=["case", "contract", "module", "minutes"],
                name="service_record_work",
            ),
        ),
    ]
