from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contracts", "0016_annexes_and_accounts"),
        ("forms", "0020_what_figures_ask"),
    ]

    operations = [
        migrations.AddField(
            model_name="historicalservicerecord",
            name="channel",
            field=models.CharField(
                blank=True,
                choices=[
                    ("in_person", "in person"),
                    ("phone", "by telephone"),
                    ("video", "by video"),
                    ("written", "in writing"),
                ],
                db_default="",
                default="",
                max_length=20,
                verbose_name="how",
            ),
        ),
        migrations.AddField(
            model_name="historicalservicerecord",
            name="location",
            field=models.CharField(
                blank=True,
                choices=[
                    ("office", "in the provider's rooms"),
                    ("home", "at the client's home"),
                    ("body", "at the Jobcenter"),
                    ("elsewhere", "elsewhere"),
                ],
                db_default="",
                default="",
                help_text="Where people met in person.",
                max_length=20,
                verbose_name="place",
            ),
        ),
        migrations.AddField(
            model_name="historicalservicerecord",
            name="topic",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="One that a service description of the contract names. The provider's alone.",
                max_length=60,
                verbose_name="kind of help",
            ),
        ),
        migrations.AddField(
            model_name="servicerecord",
            name="channel",
            field=models.CharField(
                blank=True,
                choices=[
                    ("in_person", "in person"),
                    ("phone", "by telephone"),
                    ("video", "by video"),
                    ("written", "in writing"),
                ],
                db_default="",
                default="",
                max_length=20,
                verbose_name="how",
            ),
        ),
        migrations.AddField(
            model_name="servicerecord",
            name="location",
            field=models.CharField(
                blank=True,
                choices=[
                    ("office", "in the provider's rooms"),
                    ("home", "at the client's home"),
                    ("body", "at the Jobcenter"),
                    ("elsewhere", "elsewhere"),
                ],
                db_default="",
                default="",
                help_text="Where people met in person.",
                max_length=20,
                verbose_name="place",
            ),
        ),
        migrations.AddField(
            model_name="servicerecord",
            name="topic",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="One that a service description of the contract names. The provider's alone.",
                max_length=60,
                verbose_name="kind of help",
            ),
        ),
        migrations.AddConstraint(
            model_name="servicerecord",
            constraint=models.CheckConstraint(
                condition=models.Q(("location", ""), ("channel", "in_person"), _connector="OR"),
                name="service_record_place_of_a_meeting",
            ),
        ),
    ]
