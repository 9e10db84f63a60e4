from django.db import migrations, models


def noted() -> models.BooleanField:
    return models.BooleanField(
        db_default=False, default=False, editable=False, verbose_name="recorded"
    )


class Migration(migrations.Migration):
    """Columns alone: what takes long comes by itself, while others read and write these tables."""

    dependencies = [
        ("contracts", "0016_annexes_and_accounts"),
        ("forms", "0017_deadline_lead"),
    ]

    operations = [
        migrations.AddField("appointment", "recorded", noted()),
        migrations.AddField("case", "worked", noted()),
    ]
