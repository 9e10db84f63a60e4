"""What of an appointment is for those alone in whose calendar it is.

Whoever takes part from the other side of a contract sees when, where and with whom; the note and
why it was cancelled stay with the organisation that keeps the calendar.
"""

from contracts.reach import Reach, reach_of

VIEW, ADD, CHANGE = (f"forms.{verb}_appointment" for verb in ("view", "add", "change"))


def own_calendars(user, permission: str = VIEW) -> Reach:
    """Return in whose calendars the person may do this."""
    return reach_of(user, permission)


def keeps(user, row, permission: str = VIEW) -> bool:
    """Whether an appointment, or a version of it, is in a calendar the person keeps."""
    return is_within(own_calendars(user, permission), row)


def is_within(reach: Reach, row) -> bool:
    """Whether an appointment is in a calendar of these organisations."""
    if reach.everything and not reach.bodies:
        return True
    return row.organisation_id in reach.bodies or row.organisation_id in reach.providers
