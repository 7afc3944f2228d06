"""Tables of what ``evaluate`` found."""

from __future__ import annotations

from report_runs import evaluation

from metahebb.report.table import (
    evaluation_rows,
    evaluation_table,
    markdown_table,
    other_evaluation_rows,
    text_table,
)


def test_rows_hold_means_with_intervals() -> None:
    heading, row = evaluation_rows(evaluation())
    assert heading == ["body", "lives", "return", "distance [m]", "env steps lived"]
    assert row == ["intact", "2", "4.21 [3.50, 5.00]", "4.50 [4.00, 5.25]", "39"]


def test_without_a_distance_there_is_no_column_of_it() -> None:
    heading, row = evaluation_rows(evaluation(distance=None))
    assert "distance [m]" not in heading
    assert len(row) == len(heading) == 4


def test_lives_without_a_finite_return_show_a_dash_and_are_counted() -> None:
    nothing = {"mean": None, "low": None, "high": None, "distance": None}
    _, row = evaluation_rows(evaluation(**nothing, nonfinite=2))
    assert row[1:3] == ["2 (2 non-finite)", "–"]


def test_every_measure_has_a_column_that_says_where_few_lives_know_it() -> None:
    some = {"mean": 0.5, "low": 0.4, "high": 0.6}
    measures = {"before": some | {"unit": "", "lives": 1}, "flip": some | {"unit": "s", "lives": 2}}
    new = evaluation(distance=None, measures=measures)
    heading, row = evaluation_rows(new)
    assert heading == ["body", "lives", "return", "before", "flip [s]", "env steps lived"]
    assert row[3:5] == ["0.50 [0.40, 0.60] (1 lives)", "0.50 [0.40, 0.60]"]
    heading, before, after = other_evaluation_rows([evaluation(), new])
    assert heading[5:8] == ["distance [m]", "before", "flip [s]"]
    assert before[5:8] == ["4.50 [4.00, 5.25]", "–", "–"]
    assert after[5:8] == ["–", *row[3:5]]


def test_lives_that_are_left_out_are_not_missed_by_a_measure() -> None:
    known = {"mean": 4.5, "low": None, "high": None, "unit": "m", "lives": 1}
    _, row = evaluation_rows(evaluation(measures={"distance": known}, nonfinite=1))
    assert row[3] == "4.50 [–]"


def test_one_life_has_no_interval() -> None:
    assert evaluation_rows(evaluation(low=None, high=None))[1][2] == "4.21 [–]"


def test_text_columns_are_aligned() -> None:
    assert text_table([["a", "bbb"], ["cc", "d"]]) == "a   bbb\n--  ---\ncc  d"


def test_markdown_keeps_bars_inside_their_cell() -> None:
    table = markdown_table([["a", "b"], ["1|2", "3"]])
    assert table == "| a | b |\n| --- | --- |\n| 1\\|2 | 3 |"


def test_terminal_table_says_what_was_evaluated() -> None:
    text = evaluation_table(evaluation())
    assert "generation 4" in text.splitlines()[0]
    assert "at most 40 env steps" in text.splitlines()[0]
    assert text.splitlines()[-1].startswith("intact  2")
