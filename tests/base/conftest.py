"""Small models with one rule each; their tables exist for the tests of one module."""

from types import SimpleNamespace

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, models
from django.test.utils import isolate_apps
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel

from base import immutability
from base.history import Tracked
from base.immutability import Always, AppendOnly, Kept, When, WithParent


def _declare() -> SimpleNamespace:
    class Folder(Tracked, ClusterableModel):
        title = models.CharField(max_length=50, unique=True)
        pages = models.IntegerField(default=0)
        price = models.DecimalField(max_digits=8, decimal_places=2, null=True)
        opened_on = models.DateField(null=True)
        extra = models.JSONField(default=dict)
        remark = models.TextField(default="", blank=True)
        untracked_fields = ("remark",)

        class Meta:
            app_label = "base"

    class FolderProxy(Folder):
        class Meta:
            app_label = "base"
            proxy = True

    class Sheet(Tracked):
        folder = ParentalKey(Folder, related_name="sheets", on_delete=models.CASCADE)
        before = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
        cover_of = models.OneToOneField(Folder, models.PROTECT, null=True, related_name="cover")
        number = models.SlugField()
        history_indexes = ("folder",)

        class Meta:
            app_label = "base"

    class Bill(models.Model):
        status = models.CharField(max_length=20, default="draft")
        total = models.DecimalField(max_digits=8, decimal_places=2, default=0)
        paid = models.BooleanField(default=False)
        frozen = When(status=("issued", "it's void"))

        class Meta:
            app_label = "base"

    class Line(models.Model):
        bill = models.ForeignKey(Bill, models.PROTECT)
        amount = models.IntegerField()
        frozen = WithParent("bill", status=("issued",))

        class Meta:
            app_label = "base"

    class Source(models.Model):
        line = models.ForeignKey(Line, models.PROTECT)
        version = models.IntegerField()
        frozen = WithParent("line__bill", status=("issued",))

        class Meta:
            app_label = "base"

    class Rate(models.Model):
        code = models.CharField(max_length=20)
        amount = models.IntegerField(null=True)
        frozen = Always()

        class Meta:
            app_label = "base"

    class Remark(models.Model):
        text = models.CharField(max_length=20)
        frozen = AppendOnly()

        class Meta:
            app_label = "base"

    class Slip(models.Model):
        text = models.CharField(max_length=20)
        noted = models.BooleanField(default=False)
        frozen = Kept("text")

        class Meta:
            app_label = "base"

    return SimpleNamespace(**{name: value for name, value in locals().items()})


@pytest.fixture(scope="package")
def declared() -> SimpleNamespace:
    with isolate_apps("base"):
        return _declare()


@pytest.fixture(scope="module")
def tables(declared, django_db_setup, django_db_blocker):
    """The small models, with tables and triggers."""
    plain = [declared.Folder, declared.Sheet]
    histories = [model.history.model for model in plain]
    frozen = [declared.Bill, declared.Line, declared.Source, declared.Rate, declared.Remark]
    frozen.append(declared.Slip)
    everything = [*plain, *histories, *frozen]
    real = immutability.frozen_models
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        with connection.schema_editor() as editor:
            for model in everything:
                editor.create_model(model)
        patch.setattr(immutability, "frozen_models", lambda: [*real(), *frozen, *histories])
        immutability.install_triggers(connection)
        yield declared
        immutability.remove_triggers(connection)
        with connection.schema_editor() as editor:
            for model in reversed(everything):
                editor.delete_model(model)
        patch.undo()
        immutability.install_triggers(connection)


@pytest.fixture
def clerk(db):
    return get_user_model().objects.create(username="clerk", first_name="Ada", last_name="Amt")
