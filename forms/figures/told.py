"""The figures and breakdowns of cases and records: under which heading, and what each counts."""

from django.utils.translation import gettext_lazy as _

from base.workspace.figures import Breakdown, Figure
from base.workspace.registry import register
from forms.due import OUTCOMES
from forms.figures import cases, deadlines, work

CASES, DEADLINES = _("Cases"), _("Deadlines")
WORK, QUALITY = _("Work done"), _("Quality of the data")

register(
    Figure(
        key="running",
        label=_("Running cases"),
        room=CASES,
        order=10,
        definition=_("Assigned by today and not closed today; paused ones included."),
        measure=cases.running,
        at_home=True,
    ),
    Figure(
        key="waiting",
        label=_("Waiting"),
        room=CASES,
        order=20,
        definition=_("Running cases for which nothing has been recorded yet, as of today."),
        measure=cases.standing("waiting"),
        at_home=True,
    ),
    Figure(
        key="silent",
        label=_("Silent cases"),
        room=CASES,
        order=30,
        definition=_(
            "Open cases without a record for two weeks, as of today. Not counted are paused ones, "
            "and those assigned within these two weeks."
        ),
        measure=cases.standing("silent"),
        at_home=True,
    ),
    Figure(
        key="assigned",
        label=_("New cases"),
        room=CASES,
        order=40,
        definition=_("Assigned in the period, until today at the latest."),
        measure=cases.assigned,
        at_home=True,
    ),
    Figure(
        key="closed",
        label=_("Closed cases"),
        room=CASES,
        order=50,
        definition=_(
            "Closed in the period, until today at the latest. A case that was opened again is not "
            "counted."
        ),
        measure=cases.closed,
        at_home=True,
    ),
    Breakdown(
        key="by-age",
        label=_("Age of the running cases"),
        room=CASES,
        order=60,
        definition=_("By the time since they were assigned, as of today."),
        head=_("Running for"),
        columns=[_("running cases")],
        find=cases.by_age,
        empty=_("No case is running."),
    ),
    Breakdown(
        key="by-month",
        label=_("New and closed cases"),
        room=CASES,
        order=70,
        definition=_("By month, in longer periods by year; until today at the latest."),
        head=_("Time"),
        columns=[_("new"), _("closed")],
        find=cases.by_month,
        drawn=(0, 1),
        empty=_("The period has not begun yet."),
    ),
    *(
        Breakdown(
            key=f"by-{name}",
            label=label,
            room=CASES,
            order=80,
            definition=_(
                "As of today; waiting and silent as above. Whoever has running cases is listed, "
                "those with most of them first, at most 25."
            ),
            head=head,
            columns=[_("running cases"), _("waiting cases"), _("silent cases")],
            find=find,
            drawn=(0, 2),
            empty=empty,
        )
        for name, label, head, find, empty in (
            (
                "body",
                _("Cases by commissioning body"),
                _("Commissioning body"),
                cases.by_body,
                "",
            ),
            (
                "provider",
                _("Cases by provider"),
                _("Provider"),
                cases.by_provider,
                "",
            ),
            (
                "team",
                _("Cases by team"),
                _("Team"),
                cases.by_team,
                _("No team is responsible for a running case."),
            ),
        )
    ),
    Figure(
        key="deadlines-kept",
        label=_("Deadlines kept"),
        room=DEADLINES,
        order=84,
        definition=_(
            "Deadlines of cases that were due in the period, until today at the latest, and done "
            "by their day. Compared with all that were due and not dropped."
        ),
        measure=deadlines.kept,
        at_home=True,
    ),
    Breakdown(
        key="deadlines-by-standard",
        label=_("Deadlines by service standard"),
        room=DEADLINES,
        order=86,
        definition=_(
            "Due in the period, until today at the latest. Those kept least often come first."
        ),
        head=_("Service standard"),
        columns=[*OUTCOMES.values(), _("kept")],
        find=deadlines.by_standard,
        drawn=(0, 2),
        empty=_("Nothing was due in the period."),
    ),
    Breakdown(
        key="by-module",
        label=_("Hours by module against the plan"),
        room=WORK,
        order=90,
        permission="forms.view_servicerecord",
        definition=_(
            "Of the cases that run today, since they were assigned. Worked are the minutes of all "
            "records that count; planned are the guide values of their placements, of ranges the "
            "greatest. What still stands to choice is not planned yet."
        ),
        head=_("Module"),
        columns=[_("records"), _("worked"), _("planned"), _("used")],
        find=work.by_module,
        drawn=(1, 2),
        empty=_("Nothing is planned or recorded for the running cases."),
    ),
    *(
        Figure(
            key=key,
            label=label,
            room=QUALITY,
            order=100,
            definition=definition,
            measure=cases.standing(key),
        )
        for key, label, definition in (
            (
                "unowned",
                _("Cases without a caseworker"),
                _("Running cases that nobody of the commissioning body is responsible for."),
            ),
            (
                "uncounselled",
                _("Cases without a counsellor"),
                _("Running cases that nobody of the provider is responsible for."),
            ),
            (
                "unplaced",
                _("Cases without a placement"),
                _("Running cases in no need group, and without a support plan."),
            ),
        )
    ),
    Figure(
        key="without-module",
        label=_("Records without a module"),
        room=QUALITY,
        order=110,
        permission="forms.view_servicerecord",
        definition=_(
            "Records of the period that count and name neither module nor service complex, though "
            "their case was in a need group."
        ),
        measure=work.missing_module,
    ),
)
