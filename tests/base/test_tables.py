"""Rows drawn in Python are the rows that a template would draw."""

import re
from datetime import date
from decimal import Decimal

import django_tables2 as tables
from django.template import engines
from django.utils.safestring import mark_safe
from hypothesis import given
from hypothesis import strategies as st

from base.workspace.tables import FigureColumn, Table, drawn_rows

BY_TEMPLATE = """{% load l10n %}{% for row in table.paginated_rows %}
<tr {{ row.attrs.as_html }}>
{% for column, cell in row.items %}<td data-label="{{ column.header }}"
 {{ column.attrs.td.as_html }}><span>{% if column.localize == None %}{{ cell }}
{% elif column.localize %}{{ cell|localize }}{% else %}{{ cell|unlocalize }}{% endif %}</span></td>
{% endfor %}</tr>{% endfor %}"""


class Everything(Table):
    text = tables.Column("<Text>", attrs={"td": {"class": "nowrap"}})
    amount = FigureColumn("Amount")
    day = tables.Column("Day")
    plain = tables.Column("Plain", localize=False)
    own = tables.Column("Own", linkify=lambda record: f"/{record['amount']}/?a=1&b=2")

    class Meta(Table.Meta):
        pass

    def render_own(self, value, record):
        return f"{value}<{record['plain']}>"


CELLS = st.fixed_dictionaries(
    {
        "text": st.one_of(st.none(), st.text(max_size=8), st.just(mark_safe("<b>bold</b>"))),
        "amount": st.one_of(st.none(), st.integers(0, 10**7), st.decimals(0, 10**6, places=2)),
        "day": st.dates(date(1990, 1, 1)),
        "plain": st.one_of(st.integers(0, 10**7), st.decimals(0, 10**6, places=2), st.booleans()),
        "own": st.text(max_size=5),
    }
)


def without_space(html: str) -> str:
    return re.sub(r"\s+", "", html)


@given(st.lists(CELLS, min_size=1, max_size=3))
def test_rows_are_drawn_as_a_template_draws_them(rows):
    template = engines["django"].from_string(BY_TEMPLATE)
    expected = template.render({"table": Everything(rows)})
    assert without_space("".join(drawn_rows(Everything(rows)))) == without_space(expected)


def test_text_is_escaped_and_numbers_have_a_comma():
    row = {"text": "<i>", "amount": Decimal("1234.5"), "day": None, "plain": 1, "own": "x"}
    drawn = "".join(drawn_rows(Everything([row])))
    assert "<span>&lt;i&gt;</span>" in drawn
    assert 'data-label="&lt;Text&gt;" class="nowrap"' in drawn
    assert "<span>1234,5</span>" in drawn
    assert "<span>–</span>" in drawn
