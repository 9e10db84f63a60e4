"""Parts in sessions that are summed up are those one would count session by session."""

from collections import Counter, defaultdict
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from contracts.billing import parse_terms
from forms.session_parts import Meeting, parts_in_sessions, rooms_left

KINDS = {"group": "staff", "class": "staff", "visit": "participant", "unpriced": None}
TERMS = parse_terms(
    {
        "model": "hourly_rate",
        "key": "hours",
        "label": "Hours",
        "kinds": [{"key": key, "share": share} for key, share in KINDS.items() if share],
        "rates": [{"amount": "48.00"}],
    }
)
NUMBERS = {11: "K-9", 12: "K-10", 13: "a", 14: "B", 15: "ä"}
ELSEWHERE = ["K-1", "K-95", "Z", "é"]

attending = st.dictionaries(st.sampled_from(sorted(NUMBERS)), st.sampled_from(sorted(KINDS)))
sessions = st.lists(
    st.tuples(
        attending.filter(bool),
        st.sets(st.sampled_from(ELSEWHERE), max_size=2),
        st.integers(0, 1),
        st.sampled_from([date(2024, 3, 1), date(2024, 3, 31), date(2024, 4, 2)]),
        st.sampled_from([45, 90]),
        st.integers(1, 2),
    ),
    max_size=12,
)
by_day = st.sets(st.tuples(st.sampled_from(sorted(NUMBERS)), st.just(date(2024, 3, 1))))


def meetings_of(drawn, order) -> list[Meeting]:
    """What the database returns: a row for each kind of work of a session, cases in any order."""
    found = []
    for number, (who, others, unrecorded, day, minutes, counsellors) in enumerate(drawn):
        participants = len(who) + len(others) + unrecorded
        for kind in sorted(set(who.values())):
            cases = [str(case) for case, each in who.items() if each == kind]
            order.shuffle(cases)
            said = (day, kind, minutes, participants, counsellors, " ".join(cases))
            found.append(Meeting(f"G-{number}", *said))
    order.shuffle(found)
    return found


def counted(drawn, daily) -> dict[tuple, Counter]:
    """Each attendance by itself: so often a part of so many minutes at this place."""
    found: dict[tuple, Counter] = defaultdict(Counter)
    for who, others, unrecorded, day, minutes, counsellors in drawn:
        participants = len(who) + len(others) + unrecorded
        priced = {NUMBERS[case]: KINDS[kind] for case, kind in who.items() if KINDS[kind]}
        before = {number for number, share in priced.items() if others or share == "staff"} | others
        for case, kind in who.items():
            if KINDS[kind] != "staff":
                continue
            month = day.replace(day=1)
            first = day if (case, month) in daily else month
            place = sum(number < NUMBERS[case] for number in before)
            found[case, first, kind, participants, counsellors][minutes, place] += 1
    return found


@given(sessions, by_day, st.randoms(use_true_random=False))
def test_parts_are_those_of_each_session_by_itself(drawn, daily, order):
    meetings = meetings_of(drawn, order)
    elsewhere = {f"G-{n}": others for n, (_who, others, *_rest) in enumerate(drawn) if others}

    found = parts_in_sessions(meetings, elsewhere, TERMS, NUMBERS.__getitem__, daily)

    summed = {group: Counter() for group in found}
    for group, parts in found.items():
        for part in parts:
            summed[group][part.minutes, part.place] += part.times
    assert summed == counted(drawn, daily)


@given(sessions, st.randoms(use_true_random=False))
def test_others_are_asked_for_only_where_there_is_room(drawn, order):
    attended_by_more = {
        f"G-{number}"
        for number, (_who, others, unrecorded, *_rest) in enumerate(drawn)
        if others or unrecorded
    }

    assert rooms_left(meetings_of(drawn, order)) == attended_by_more
