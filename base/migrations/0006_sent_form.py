from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("base", "0005_log_of_reading"),
    ]

    operations = [
        migrations.CreateModel(
            name="SentForm",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=64, unique=True, verbose_name="key")),
                ("content", models.CharField(max_length=64, verbose_name="content")),
                ("answer", models.TextField(blank=True, verbose_name="answer")),
                ("at", models.DateTimeField(verbose_name="at")),
            ],
            options={
                "verbose_name": "sent form",
                "verbose_name_plural": "sent forms",
            },
        ),
    ]
