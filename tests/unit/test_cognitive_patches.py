"""The defects of neurogym 2.3.1 that three classes mend: upstream still has them, ours do not.

If an upstream class loses its defect in a later version, its test says so, and ours can go.
"""

from __future__ import annotations

import warnings

import pytest

from metahebb.tasks import Cognitive
from metahebb.tasks.cognitive.library import made
from metahebb.tasks.cognitive.table import KNOWN

MENDED = {
    "wager": "neurogym.envs.native.postdecisionwager:PostDecisionWager",
    "detection": "neurogym.envs.native.detection:Detection",
    "context-integration": "neurogym.envs.native.contextdecisionmaking:ContextDecisionMaking",
}


def upstream(name, **kwargs):
    module, _, kind = MENDED[name].partition(":")
    return getattr(__import__(module, fromlist=[kind]), kind)(**kwargs)


def mended(name, **kwargs):
    return made(Cognitive(name).env_id, kwargs)


def test_exactly_three_classes_are_mended():
    ours = {name for name, known in KNOWN.items() if known.env_id.startswith("metahebb/")}
    assert ours == set(MENDED)
    for name in ours:
        env = mended(name, **KNOWN[name].kwargs)
        assert type(env).__mro__[1].__module__ == MENDED[name].partition(":")[0]


def rewards_of_right_choices(env):
    env.seed(0)
    rewards = set()
    for right in (0, 1):
        env.new_trial(ground_truth=right, wager=False)
        env.t = env.t_ind = 0
        while True:
            _, reward, _, _, info = env.step(int(env.gt_now))
            if info["new_trial"]:
                rewards.add((right, reward))
                break
    return rewards


def test_the_wager_pays_the_right_choice():
    assert rewards_of_right_choices(upstream("wager")) == {(0, 0.0), (1, 0.0)}
    assert rewards_of_right_choices(mended("wager")) == {(0, 1.0), (1, 1.0)}


def test_detection_has_right_answers_without_a_stimulus():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        first = upstream("detection")
    first.seed(0)
    first.new_trial(ground_truth=0)
    with pytest.raises(AttributeError, match="gt"):
        first.step(0)
    first.new_trial(ground_truth=1)
    before = first.gt
    first.new_trial(ground_truth=0)
    assert first.gt is before
    assert first.gt.any()

    env = mended("detection", stim_dur=200)
    env.seed(0)
    for stimulus in (0, 1, 0):
        env.new_trial(ground_truth=stimulus)
        assert len(env.gt) == len(env.ob)
        assert env.gt.any() == bool(stimulus)
        assert not env.gt[: env.end_ind["fixation"]].any()


def test_fixation_stays_on_until_the_decision_in_context_integration():
    kept = {}
    for kind in (upstream, mended):
        env = kind("context-integration", use_expl_context=True)
        env.seed(0)
        env.new_trial()
        fixation = env.ob[:, 0]
        on = int(fixation.sum())
        assert (fixation[:on] == 1).all()
        assert (fixation[on:] == 0).all()
        kept[kind] = env.ob[:, 1:], on, dict(env.end_ind)
    assert kept[upstream][1] == kept[upstream][2]["fixation"]
    assert kept[mended][1] == kept[mended][2]["delay"] == kept[mended][2]["decision"] - 1
