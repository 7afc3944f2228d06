"""What the rule changes in a life, told from what the bound rescales."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from report_runs import ant

from metahebb.genomes import GivenGenes
from metahebb.plasticity import Bounds
from metahebb.plasticity.rules import RULES
from metahebb.probes import Moment, parse_probes
from metahebb.report.changes import NOTHING, Changes
from metahebb.report.life_figure import draw_life
from metahebb.report.recording import record
from metahebb.runs.center import Center


class RuleAlone:
    """Computes the mean of |Δw| in the first layer from the activities that are seen."""

    def __init__(self, center: Center) -> None:
        self._rule: Any = center.config.network.rule
        self._coefficients = center.genome.expressed(GivenGenes(center.genes))["coefficients"][0]
        self.means = [np.nan]

    def observe(self, moment: Moment) -> None:
        if moment.steps[0] == 0:
            return
        pre, post, *_ = moment.network.activity(int(moment.lanes[0]))
        change = self._rule(pre[None, :], post[:, None], *self._coefficients)
        self.means.append(float(np.abs(change).mean()))


def test_the_rules_part_is_its_own_formula_and_the_rest_is_the_bound(tmp_path: Path) -> None:
    center = ant(tmp_path / "run").load()
    alone = RuleAlone(center)
    center.watch(range(1), [alone])
    rule, bound, both, factor = record(center).changes.T
    np.testing.assert_allclose(rule, alone.means, rtol=1e-3)
    assert np.isnan([rule[0], bound[0], both[0]]).all()
    assert (factor[1:] != 1).all()
    assert (bound[1:] > 0).all()
    assert (both[1:] <= rule[1:] + bound[1:] + 1e-6).all()


@pytest.mark.parametrize("kind", ["none", "clip"])
def test_a_bound_that_does_not_rescale_has_no_line(tmp_path: Path, kind: Any) -> None:
    center = ant(tmp_path / "run").load()
    network = replace(center.config.network, normalization=Bounds(kind))
    config = replace(center.config, network=network)
    recording = record(replace(center, config=config, setup=config.setup()))
    assert (recording.changes[1:, 1] == 0).all()
    assert (recording.changes[1:, 0] > 0).all()
    legend = draw_life(recording).axes[1].get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["by the rule"]


def test_frozen_weights_change_nothing_though_a_factor_is_pending(tmp_path: Path) -> None:
    center = ant(tmp_path / "run").load()
    recording = record(center, probes=parse_probes(["freeze:at=10"]))
    assert (recording.changes[11:] == NOTHING).all()
    assert (recording.changes[1:10, :2] > 0).all()
    panel = draw_life(recording).axes[1]
    by_the_rule = panel.lines[-1] if panel.lines[-1].get_linestyle() != "--" else panel.lines[-2]
    assert np.isnan(np.asarray(by_the_rule.get_ydata())[10])  # where a probe began


def test_a_network_that_never_changes_has_no_panel_of_changes(tmp_path: Path) -> None:
    center = ant(tmp_path / "run").load()
    config = replace(center.config, network=replace(center.config.network, rule=RULES["static"]))
    setup = config.setup()
    genes = center.genes[: setup.genome.n_genes]
    recording = record(replace(center, config=config, setup=setup, genes=genes))
    titles = [axes.get_title(loc="left") for axes in draw_life(recording).axes]
    assert not any("change" in title for title in titles)


def test_a_change_is_split_at_the_memory_before_the_factor() -> None:
    split = Changes()
    assert np.isnan(split(np.array([1.0, -1.0], "f4"), np.array([0.5, -0.5], "f4"))).all()
    change = split(np.array([2.5, -0.5], "f4"), np.array([1.0, -0.2], "f4"))
    assert tuple(change) == pytest.approx((1.0, 0.9, 0.4, 0.4), abs=1e-6)
    assert split(np.array([2.5, -0.5], "f4"), np.array([1.0, -0.2], "f4")) == NOTHING
