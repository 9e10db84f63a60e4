"""What was sent a month ago is forgotten; what could be sent again is not."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from base.models import SentForm
from jobs.chores import CHORES

pytestmark = pytest.mark.django_db


def test_forms_sent_long_ago_are_forgotten(capsys):
    now = timezone.now()
    for days in (0, 7, 29, 31, 400):
        SentForm.objects.create(key=f"k{days}", content="c", at=now - timedelta(days=days))
    call_command("forget_sent_forms")
    assert capsys.readouterr().out == "2 forgotten\n"
    assert sorted(SentForm.objects.values_list("key", flat=True)) == ["k0", "k29", "k7"]
    call_command("forget_sent_forms")
    assert SentForm.objects.count() == 3


@pytest.mark.once
def test_somebody_does_it():
    assert "forget_sent_forms" in [chore.command for chore in CHORES]
