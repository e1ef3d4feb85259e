"""The contract of a chart: what it says to those who do not see it, and what it never does."""

from __future__ import annotations

import datetime as dt
import itertools
import re
import xml.etree.ElementTree as ET
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api import charts
from api.charts import Axis, Event, Lane, Mark, Point, Series, Strip, Words

WORDS = Words("recycled", "Harrow is higher than the middle council.", "The middle council has 52.9%.")
SVG = "{http://www.w3.org/2000/svg}"


def read(markup: str) -> ET.Element:
    return ET.fromstring(f'<div xmlns="http://www.w3.org/2000/svg">{markup}</div>')[0]


def year(year: int, value: float | None, **more: object) -> Point:
    return Point(dt.date(year, 1, 1), str(year), value, **more)  # type: ignore[arg-type]


def write(value: float, decimals: int = 1) -> str:
    return f"{value:.{decimals}f}%"


def strip(values: list[float], here: Mark | None = None) -> Strip:
    ordered = sorted(values)
    at = [ordered[round(place * (len(ordered) - 1) / 4)] for place in range(5)]
    return Strip(
        values,
        at[1],
        at[3],
        Mark(at[2], f"Middle council {write(at[2])}"),
        Mark(at[0], write(at[0])),
        Mark(at[4], write(at[4])),
        here,
    )


def line(series: list[Series], **more: object) -> str:
    return charts.line_chart(WORDS, series, Axis(write, **more))  # type: ignore[arg-type]


HARROW = [year(y, 55.0 + y % 5, low=54.0 + y % 5, high=56.0 + y % 5) for y in range(2015, 2025)]
SERIES = [
    Series("here", "Harrow 59.0%", HARROW),
    Series("similar", "Similar 51.8%", [year(y, 51.8) for y in range(2015, 2025)]),
    Series("country", "England 51.9%", [year(y, 51.9) for y in range(2015, 2025)]),
]
LANES = [
    Lane(
        "Children's services",
        [
            Event(dt.date(2012, 5, 1), "graded", "RI", "old"),
            Event(dt.date(2014, 5, 1), "graded", "G", "old"),
            Event(dt.date(2019, 5, 1), "graded", "G", "new"),
            Event(dt.date(2020, 5, 1), "visit", "", "new"),
        ],
    )
]
ALL = {
    "strip": charts.strip_chart(WORDS, strip([20.0, 30, 40, 50, 60], Mark(45.0, "Harrow 45.0%"))),
    "line": line(SERIES),
    "timeline": charts.timeline(WORDS, LANES),
}


@pytest.mark.parametrize("kind", ALL)
def test_a_chart_says_its_finding_and_describes_itself(kind: str) -> None:
    svg = read(ALL[kind])
    ids = {element.get("id"): element for element in svg}
    assert svg.get("role") == "img"
    assert ids[svg.get("aria-labelledby")].text == WORDS.finding
    assert ids[svg.get("aria-describedby")].text == WORDS.description


@pytest.mark.parametrize("kind", ALL)
def test_a_chart_is_430_wide_with_its_text_inside(kind: str) -> None:
    svg = read(ALL[kind])
    _, _, width, height = map(float, str(svg.get("viewBox")).split())
    assert width == 430
    for text in svg.iter(f"{SVG}text"):
        x, y = float(text.get("x", "nan")), float(text.get("y", "nan"))
        assert 0 <= x <= width
        assert 0 < y <= height


@pytest.mark.parametrize("kind", ALL)
def test_a_chart_has_no_style_script_colour_or_tab_stop(kind: str) -> None:
    assert not re.search(r"style=|<script|fill=|stroke=|tabindex|onclick|http", ALL[kind])


HOSTILE = "<script>alert('x')</script> \" & \u202eevil"


def test_hostile_labels_are_escaped() -> None:
    words = Words("k", HOSTILE, HOSTILE)
    drawn = [
        charts.strip_chart(words, strip([1.0, 2, 3, 4, 5], Mark(2.0, HOSTILE))),
        charts.line_chart(words, [Series("here", HOSTILE, HARROW)], Axis(write)),
        charts.timeline(words, [Lane(HOSTILE, [Event(dt.date(2020, 1, 1), "graded", "<&", "t")])]),
    ]
    for markup in drawn:
        assert "<script" not in markup
        assert any(HOSTILE in (element.text or "") for element in read(markup).iter())


def test_a_missing_point_cuts_the_line() -> None:
    whole = [year(y, 50.0 + y % 3) for y in range(2015, 2021)]
    holed = [point if point.at.year != 2017 else year(2017, None) for point in whole]
    assert [len(run) for run in charts.segments(whole[1:])] == [5]
    assert [len(run) for run in charts.segments(holed)] == [2, 3]


def test_a_break_cuts_the_line_and_is_drawn() -> None:
    points = [year(2015, 40.0), year(2016, 42.0), year(2017, 60.0, joined=False), year(2018, 61.0)]
    svg = read(line([Series("here", "Kent", points)], breaks=[dt.date(2017, 1, 1)]))
    [drawn] = [path for path in svg.iter(f"{SVG}path") if path.get("class") == "here"]
    assert str(drawn.get("d")).count("M") == 2
    assert any(path.get("class") == "cut" for path in svg.iter(f"{SVG}path"))


def test_a_point_alone_is_marked() -> None:
    points = [year(2015, 40.0), year(2016, None), year(2017, 44.0), year(2018, None), year(2019, 45.0)]
    svg = read(line([Series("here", "Kent", points)]))
    [marks] = [path for path in svg.iter(f"{SVG}path") if path.get("class") == "here-mark"]
    assert str(marks.get("d")).count("M") == 3


def test_a_broken_axis_is_stated() -> None:
    assert "The scale starts at" in line(SERIES)
    from_zero = [Series("here", "Kent", [year(2015, 2.0), year(2016, 60.0)])]
    assert "The scale starts at" not in line(from_zero)


def test_series_differ_by_dash_marker_and_label() -> None:
    svg = read(line(SERIES))
    classes = {path.get("class") for path in svg.iter(f"{SVG}path")}
    assert {"here", "similar", "country", "here-mark", "similar-mark", "country-mark"} <= classes
    shapes = {
        path.get("class"): re.sub(r"[\d.]+", "", str(path.get("d")))
        for path in svg.iter(f"{SVG}path")
        if str(path.get("class")).endswith("-mark")
    }
    assert len(set(shapes.values())) == 3
    assert {"Harrow 59.0%", "Similar 51.8%", "England 51.9%"} <= {t.text for t in svg.iter(f"{SVG}text")}


@given(st.lists(st.floats(10, 160), min_size=1, max_size=5))
def test_direct_labels_are_17_units_apart_and_keep_their_order(wanted: list[float]) -> None:
    placed = charts.spread_labels(wanted, 14, 163)
    ordered = sorted(placed)
    assert all(later - earlier >= charts.LABEL_GAP - 1e-6 for earlier, later in itertools.pairwise(ordered))
    for (a, at_a), (b, at_b) in itertools.combinations(zip(wanted, placed, strict=True), 2):
        assert a == b or (a < b) == (at_a < at_b)
    assert min(placed) >= 14 - 1e-6
    assert max(placed) <= 163 + 1e-6


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6))
def test_ticks_enclose_the_data_and_are_few(low: float, width: float) -> None:
    ticks = charts.nice_ticks(low, low + width)
    slack = 1e-8 * (abs(low) + width) + 1e-8
    assert ticks[0] <= low + slack
    assert ticks[-1] >= low + width - slack
    assert 2 <= len(ticks) <= 12


def test_figures_far_out_do_not_squeeze_the_strip() -> None:
    values = [float(value) for value in range(40, 61)] + [900.0]
    markup = charts.strip_chart(WORDS, strip(values))
    assert "1 off the scale" in markup
    ticks = re.search(r'class="ticks" d="([^"]+)"', markup)
    assert ticks is not None
    xs = [float(x) for x in re.findall(r"M([\d.]+) ", ticks[1])]
    assert max(xs) - min(xs) > 300


def test_a_timeline_joins_one_framework_only() -> None:
    svg = read(ALL["timeline"])
    [thread] = [path for path in svg.iter(f"{SVG}path") if path.get("class") == "thread"]
    assert str(thread.get("d")).count("M") == 1
    assert str(thread.get("d")).count("L") == 1


def test_boxes_of_a_timeline_never_overlap() -> None:
    close = [Event(dt.date(2020, month, 1), "graded", "G", "t") for month in range(1, 8)]
    far = [Event(dt.date(2010, 1, 1), "graded", "RI", "t")]
    svg = read(charts.timeline(WORDS, [Lane("Children", far + close), Lane("Adults", close)]))
    boxes = [(float(r.get("x", "")), float(r.get("y", ""))) for r in svg.iter(f"{SVG}rect")]
    for (ax, ay), (bx, by) in itertools.combinations(boxes, 2):
        assert abs(ax - bx) >= 24 or abs(ay - by) >= 22


def test_a_bar_in_a_row_is_decoration() -> None:
    svg = read(charts.bar(-5.0, -10.0, 30.0, 12.0, (-7.0, -3.0)))
    assert svg.get("aria-hidden") == "true"
    [box] = svg.iter(f"{SVG}rect")
    assert float(box.get("width", "0")) == pytest.approx(198 * 5 / 40, abs=0.1)


def test_an_empty_or_flat_series_is_no_trouble() -> None:
    flat = line([Series("here", "Kent", [year(2015, 0.0), year(2016, 0.0)])])
    assert "NaN" not in flat
    assert Decimal(str(read(flat).get("viewBox")).split()[3]) > 100


def test_restated_points_are_hollow_stand_apart_and_have_no_label() -> None:
    earlier = Series("restated", "", [year(2015, 50.0), year(2016, 51.0), year(2017, None)])
    own = Series(
        "here", "Somerset 55.0%", [year(2015, None), year(2016, None), year(2017, 54.0), year(2018, 55.0)]
    )
    drawn = read(line([own, earlier]))
    paths = {path.get("class"): path.get("d") or "" for path in drawn.iter(f"{SVG}path")}
    # Each restated point has a diamond, and no line leads on to the first figure that was published.
    assert paths["restated-mark"].count("M") == 2
    assert paths["restated"].count("L") == 1
    assert paths["here"].count("L") == 1
    assert [text.text for text in drawn.iter(f"{SVG}text") if text.get("class") == "restated-label"] == []


def test_a_figure_to_be_read_with_care_has_a_ring() -> None:
    points = [year(2020, 50.0), year(2021, 51.0, marked=True), year(2022, None, marked=True)]
    drawn = read(line([Series("here", "Harrow", points)]))
    rings = [path.get("d") or "" for path in drawn.iter(f"{SVG}path") if path.get("class") == "here-ring"]
    assert [ring.count("M") for ring in rings] == [1]
    plain = read(line([Series("here", "Harrow", [year(2020, 50.0), year(2021, 51.0)])]))
    assert not any(path.get("class") == "here-ring" for path in plain.iter(f"{SVG}path"))
