"""Which areas are alike follows from figures, weights and a standardisation alone, and can be worked by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare.neighbours import Distances, Input, Neighbour, shared_areas, standardise

PAY = Input("pay", 1.0, "none", {"A": 0.0, "B": 3.0, "C": 6.0, "D": 0.0})
AGE = Input("age", 1.0, "none", {"A": 0.0, "B": 4.0, "C": 0.0})


def test_distance_is_the_root_of_the_weighted_mean_of_squares():
    # A to B: 3 and 4 apart, sqrt((9 + 16) / 2) = 3.535534; A to C: 6 and 0 apart, sqrt(36 / 2) = 4.242641.
    assert Distances([PAY, AGE]).nearest("A", 5) == (
        Neighbour("B", 1, 3.535534),
        Neighbour("C", 2, 4.242641),
    )


def test_weights_change_who_is_nearest():
    # Age counts three times: B sqrt((9 + 3 * 16) / 4) = 3.774917, C sqrt(36 / 4) = 3.
    found = Distances([PAY, AGE.weighing(3.0)]).nearest("A", 5)
    assert found == (Neighbour("C", 1, 3.0), Neighbour("B", 2, 3.774917))


def test_weights_count_beside_each_other_only():
    doubled = [PAY.weighing(2.0), AGE.weighing(2.0)]
    assert Distances(doubled).nearest("A", 5) == Distances([PAY, AGE]).nearest("A", 5)


def test_an_input_of_weight_nothing_changes_no_distance():
    assert Distances([PAY, AGE.weighing(0.0)]).nearest("A", 1) == (Neighbour("B", 1, 3.0),)


def test_an_area_that_lacks_a_figure_is_not_in_the_set():
    assert shared_areas([PAY, AGE]) == ("A", "B", "C")
    assert Distances([PAY, AGE]).nearest("D", 5) == ()


def test_equal_distances_go_by_code():
    even = Input("even", 1.0, "none", {"A": 0.0, "C": 1.0, "B": -1.0})
    assert [one.area for one in Distances([even]).nearest("A", 5)] == ["B", "C"]


def test_standard_score_is_worked_over_the_whole_set():
    # Mean 2, deviation sqrt(2 / 3).
    assert standardise([1.0, 2.0, 3.0], "z-score") == pytest.approx([-math.sqrt(1.5), 0.0, math.sqrt(1.5)])


@pytest.mark.parametrize("weights", [(0.0, 0.0), (-1.0, 2.0), (math.nan, 1.0), (math.inf, 1.0)])
def test_weights_that_mean_nothing_are_refused(weights: tuple[float, float]):
    with pytest.raises(ValueError, match="weight"):
        Distances([PAY.weighing(weights[0]), AGE.weighing(weights[1])])


def test_a_set_without_inputs_has_no_distances():
    with pytest.raises(ValueError, match="weight"):
        Distances([])


FIGURES = st.dictionaries(
    st.sampled_from("ABCDEFGH"), st.floats(-1e6, 1e6, allow_nan=False), min_size=2, max_size=8
)


@given(FIGURES, FIGURES, st.sampled_from(["none", "z-score", "range"]))
def test_distance_is_the_same_from_both_sides(first: dict[str, float], second: dict[str, float], how: str):
    inputs = [Input("a", 1.0, how, first), Input("b", 2.5, how, second)]  # type: ignore[arg-type] # drawn from the literals
    distances = Distances(inputs)
    told = {(area, one.area): one.distance for area, one in distances.all_nearest(10)}
    assert all(told[b, a] == distance for (a, b), distance in told.items())
    assert len(told) == len(distances.areas) * (len(distances.areas) - 1)


@given(FIGURES, st.floats(0.001, 1000), st.floats(-1000, 1000))
def test_standard_scores_forget_the_unit(figures: dict[str, float], factor: float, shift: float):
    spread = max(figures.values()) - min(figures.values())
    if spread < 1:
        return
    moved = {area: value * factor + shift for area, value in figures.items()}
    plain = standardise(list(figures.values()), "z-score")
    assert standardise(list(moved.values()), "z-score") == pytest.approx(plain, rel=1e-4, abs=1e-4)
