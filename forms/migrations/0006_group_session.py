from itertools import groupby

import django.db.models.deletion
import simple_history.models
from django.db import migrations, models
from django.db.models import OuterRef, Subquery
from django.utils import timezone

SAID = ("day", "minutes", "participants", "counsellors", "begins", "ends")
"""What the records of a session repeat of it."""

CHUNK = 2000
MOST_NAMED = 20  # contradictory sessions: whoever has more asks again


def make_sessions(apps, schema_editor):
    """Make a session for each that a provider's records name, with its history.

    It was what the records that count say; its versions are what they said one after the other.
    A session without records that count is withdrawn, and was what its records say. Records that
    contradict each other name no session: who has such ones is told which, and nothing changes.
    """
    record = apps.get_model("forms", "ServiceRecord")
    in_group = record.objects.exclude(session="")
    columns = ("contract__provider", "session", "status", "case", "reference", *SAID)
    rows = in_group.order_by("contract__provider", "session", "pk").values_list(*columns)
    refused, made = [], []
    for place, each in groupby(rows.iterator(), key=lambda row: row[:2]):
        each = [row[2:] for row in each]
        counting = [row for row in each if row[0] == "submitted"]
        if problem := _problem(counting):
            references = ", ".join(row[2] for row in counting)
            refused.append(f"{place[1]} (records {references}): {problem}")
        made.append((place, bool(counting), (counting or each)[-1][3:]))
    if refused:
        raise ValueError(
            "Records of group sessions contradict each other. Correct or withdraw them with the"
            f" version before this one, then migrate again. {len(refused)} sessions: "
            + "; ".join(refused[:MOST_NAMED])
        )
    for start in range(0, len(made), CHUNK):
        _make(apps, made[start : start + CHUNK])
    named = apps.get_model("forms", "GroupSession").objects.filter(
        provider__contracts=OuterRef("contract_id"), key=OuterRef("session")
    )
    in_group.filter(status="submitted").update(attends=Subquery(named.values("token")[:1]))


def _problem(counting):
    """Say what the records of a session that count disagree on, if anything."""
    for place, name in enumerate(SAID, 3):
        values = sorted({str(row[place]) for row in counting})
        if len(values) > 1:
            return f"they say different {name}: {', '.join(values)}"
    if len({row[1] for row in counting}) < len(counting):
        return "a case attends twice"
    if counting and counting[0][3 + SAID.index("participants")] < len(counting):
        return "there are more of them than participants"
    return ""


def _make(apps, sessions):
    session, versions = (
        apps.get_model("forms", name) for name in ("GroupSession", "HistoricalGroupSession")
    )
    known = _known(apps, {place for place, _counts, _said in sessions})
    rows, past = [], []
    for place, counts, said in sessions:
        states = _states(known.get(place, ()), counts, said)
        stored = dict(zip(SAID, said, strict=True)) | {
            "provider_id": place[0],
            "key": place[1],
            "status": "submitted" if counts else "withdrawn",
            "version": len(states),
            "token": f"{place[0]}/{place[1]}/{len(states)}",
        }
        rows.append(session(**stored))
        past.append(states)
    session.objects.bulk_create(rows)
    history = []
    for row, states in zip(rows, past, strict=True):
        for number, (status, said, (date, user, reason)) in enumerate(states, 1):
            history.append(
                versions(
                    id=row.pk,
                    provider_id=row.provider_id,
                    key=row.key,
                    status=status,
                    version=number,
                    token=f"{row.provider_id}/{row.key}/{number}",
                    history_date=date,
                    history_user_id=user,
                    history_change_reason=reason,
                    history_type="+" if number == 1 else "~",
                    **dict(zip(SAID, said, strict=True)),
                )
            )
    versions.objects.bulk_create(history, batch_size=CHUNK)


def _known(apps, places):
    """Return the versions of the records of these sessions, in the order of their writing."""
    record = apps.get_model("forms", "HistoricalServiceRecord")
    providers = dict(apps.get_model("contracts", "Contract").objects.values_list("pk", "provider"))
    rows = record.objects.filter(session__in={key for _provider, key in places})
    columns = ("history_date", "history_user_id", "history_change_reason", "status", *SAID)
    found = {}
    for contract, key, *row in (
        rows.order_by("history_date", "history_id")
        .values_list("contract_id", "session", *columns)
        .iterator()
    ):
        found.setdefault((providers.get(contract), key), []).append(row)
    return found


def _states(versions, counts, said):
    """Return what a session was, one after the other, each with when, by whom and why.

    Its records changed together: what the first of them says anew, the others say next.
    """
    states = []
    for date, user, reason, status, *said_then in versions:
        origin = (date, user, reason)
        if status == "submitted" and (not states or states[-1][1] != tuple(said_then)):
            states.append(("submitted", tuple(said_then), origin))
    last = versions[-1][:3] if versions else (timezone.now(), None, "")
    if not states or states[-1][1] != tuple(said):
        states.append(("submitted", tuple(said), tuple(last)))
    if not counts:
        states.append(("withdrawn", tuple(said), tuple(last)))
    return states


class Migration(migrations.Migration):
    dependencies = [
        ("contracts", "0004_access_changes"),
        ("forms", "0005_times_of_records"),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalGroupSession",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, verbose_name="ID")),
                ("key", models.CharField(max_length=80, verbose_name="group session")),
                ("version", models.PositiveIntegerField(default=1, verbose_name="version")),
                (
                    "status",
                    models.CharField(
                        choices=[("submitted", "submitted"), ("withdrawn", "withdrawn")],
                        default="submitted",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("day", models.DateField(verbose_name="day")),
                ("begins", models.TimeField(blank=True, null=True, verbose_name="from")),
                ("ends", models.TimeField(blank=True, null=True, verbose_name="until")),
                ("minutes", models.PositiveIntegerField(verbose_name="minutes")),
                ("participants", models.PositiveSmallIntegerField(verbose_name="participants")),
                ("counsellors", models.PositiveSmallIntegerField(verbose_name="counsellors")),
                ("token", models.CharField(editable=False, max_length=120)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                ("history_id", models.BigAutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(verbose_name="recorded at")),
                (
                    "history_change_reason",
                    models.TextField(blank=True, default="", verbose_name="reason"),
                ),
                (
                    "history_user_id",
                    models.BigIntegerField(blank=True, null=True, verbose_name="recorded by"),
                ),
            ],
            options={
                "verbose_name": "historical group session",
                "verbose_name_plural": "historical group sessions",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="GroupSession",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=80, verbose_name="group session")),
                ("version", models.PositiveIntegerField(default=1, verbose_name="version")),
                (
                    "status",
                    models.CharField(
                        choices=[("submitted", "submitted"), ("withdrawn", "withdrawn")],
                        default="submitted",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("day", models.DateField(verbose_name="day")),
                ("begins", models.TimeField(blank=True, null=True, verbose_name="from")),
                ("ends", models.TimeField(blank=True, null=True, verbose_name="until")),
                ("minutes", models.PositiveIntegerField(verbose_name="minutes")),
                ("participants", models.PositiveSmallIntegerField(verbose_name="participants")),
                ("counsellors", models.PositiveSmallIntegerField(verbose_name="counsellors")),
                ("token", models.CharField(editable=False, max_length=120, unique=True)),
                (
                    "provider",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="group_sessions",
                        to="contracts.organisation",
                        verbose_name="provider",
                    ),
                ),
            ],
            options={
                "verbose_name": "group session",
                "verbose_name_plural": "group sessions",
                "ordering": ["day", "key"],
            },
        ),
        migrations.AddField(
            model_name="servicerecord",
            name="attends",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="attendances",
                to="forms.groupsession",
                to_field="token",
            ),
        ),
        migrations.AddField(
            model_name="historicalgroupsession",
            name="provider",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="contracts.organisation",
                verbose_name="provider",
            ),
        ),
        migrations.AddConstraint(
            model_name="groupsession",
            constraint=models.UniqueConstraint(
                fields=("provider", "key"), name="group_session_key"
            ),
        ),
        migrations.AddConstraint(
            model_name="groupsession",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("key", ""), _negated=True),
                    models.Q(("token", ""), _negated=True),
                    ("version__gte", 1),
                ),
                name="group_session_is_named",
            ),
        ),
        migrations.AddConstraint(
            model_name="groupsession",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("counsellors__gte", 1), ("minutes__lte", 1440), ("participants__gte", 1)
                ),
                name="group_session_counts",
            ),
        ),
        migrations.AddConstraint(
            model_name="groupsession",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("begins", None), ("ends", None)),
                    ("begins__lt", models.F("ends")),
                    _connector="OR",
                ),
                name="group_session_begins_before_it_ends",
                violation_error_message="This ends before it begins.",
            ),
        ),
        migrations.AddIndex(
            model_name="historicalgroupsession",
            index=models.Index(
                fields=["id", "history_date", "history_id"], name="forms_histo_id_67f62b_idx"
            ),
        ),
        migrations.AddIndex(
            model_name="historicalgroupsession",
            index=models.Index(
                fields=["history_date", "history_id"], name="forms_histo_history_fa829c_idx"
            ),
        ),
        migrations.AddIndex(
            model_name="historicalgroupsession",
            index=models.Index(
                fields=["history_user_id", "history_date", "history_id"],
                name="forms_histo_history_288efa_idx",
            ),
        ),
        migrations.AddIndex(
            model_name="historicalgroupsession",
            index=models.Index(
                condition=models.Q(("history_change_reason", ""), _negated=True),
                fields=["history_date", "history_id"],
                name="groupsession_reason",
            ),
        ),
        migrations.RunPython(make_sessions, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="servicerecord",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("session", ""),
                    models.Q(("status", "submitted"), _negated=True),
                    ("attends__isnull", False),
                    _connector="OR",
                ),
                name="service_record_hangs_on_its_session",
            ),
        ),
    ]
