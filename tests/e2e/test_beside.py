"""Runs side by side in one film, and films of lives that something is done to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from report_runs import ant, make_run
from small_runs import files

from metahebb.cli import main
from metahebb.errors import InputError
from metahebb.life import Ending
from metahebb.probes import parse_probes
from metahebb.report.beside import film_beside, labels
from metahebb.report.camera import SIZE
from metahebb.report.film import film, film_path
from metahebb.report.frames import BAR, caption, pictures
from metahebb.report.recording import record
from metahebb.tasks import GymTask, Locomotion

pytestmark = pytest.mark.render

DAMAGE = "damage:body=short_left_ankle,at=6"


def frames_of(path: Path) -> np.ndarray:
    with Image.open(path) as gif:
        found = []
        for i in range(gif.n_frames):
            gif.seek(i)
            found.append(np.asarray(gif.convert("RGB")).astype(int))
    return np.stack(found)


def test_each_step_is_drawn_with_the_body_of_that_step(tmp_path: Path) -> None:
    recording = record(ant(tmp_path / "run", max_steps=12).load(), probes=parse_probes([DAMAGE]))
    drawn = pictures(recording, [0, 5, 6, 11], "drawn")
    whole = replace(recording, bodies=np.zeros_like(recording.bodies))
    same = [
        np.array_equal(a, b)
        for a, b in zip(drawn, pictures(whole, [0, 5, 6, 11], "drawn"), strict=True)
    ]
    assert same == [True, True, False, False]


def test_a_caption_tells_what_is_done_to_the_life(tmp_path: Path) -> None:
    run = ant(tmp_path / "run", max_steps=12)
    texts = [DAMAGE, "zero_weights:at=8", "saturate:at=2,steps=3", "freeze_until:at=4"]
    recording = record(run.load(), probes=parse_probes(texts))
    left = [caption(recording, step, "Hebb", 1.0)[0] for step in range(12)]
    assert left[0] == "Hebb · freeze_until"
    assert left[3] == "Hebb · saturate · freeze_until"
    assert left[4] == "Hebb · saturate"
    assert left[5] == "Hebb"
    assert left[6] == "Hebb · short_left_ankle"
    assert left[8] == "Hebb · short_left_ankle · zero_weights"
    meters = f"{recording.distance[8]:.2f} m · 0.4 s"
    assert caption(recording, 8, "Hebb", 1.0)[1] == meters
    assert caption(recording, 8, "Hebb", 2.0)[1] == f"{meters} · 2.0x speed"


def test_a_caption_tells_how_a_life_ended_and_then_stands_still(tmp_path: Path) -> None:
    recording = record(ant(tmp_path / "run", max_steps=12).load())
    final = f"{recording.result.measures['distance']:.2f} m · 0.6 s"
    assert caption(recording, 12, "a", 1.0) == ("a", final)
    assert caption(recording, 13, "a", 1.0) == ("a · ended", final)
    fell = replace(recording, result=replace(recording.result, ending=Ending.TERMINATED))
    assert caption(fell, 11, "a", 1.0)[0] == "a"
    assert caption(fell, 12, "a", 1.0)[0] == caption(fell, 40, "a", 1.0)[0] == "a · fallen"


def test_a_life_that_ended_stays_on_its_last_frame(tmp_path: Path) -> None:
    runs = [("long", ant(tmp_path / "a", max_steps=20)), ("short", ant(tmp_path / "b", 10))]
    path = film_beside(runs, tmp_path / "two.gif", probes=parse_probes([DAMAGE]), frames=21,
                       renderer="drawn")  # fmt: skip
    found = frames_of(path)
    assert found.shape == (21, SIZE[1] + BAR, 2 * SIZE[0] + 4, 3)
    left, right = found[:, :, : SIZE[0]], found[:, :, SIZE[0] + 4 :]
    moving = [(side[:-1] != side[1:])[:, : SIZE[1]].any((1, 2, 3)) for side in (left, right)]
    assert moving[0].all()
    assert moving[1].tolist() == [True] * 10 + [False] * 10
    caption_changes = (right[10, SIZE[1] :] != right[11, SIZE[1] :]).any(-1)
    assert caption_changes[:, : SIZE[0] // 2].any()  # "ended" is told
    assert not caption_changes[:, SIZE[0] // 2 :].any()  # metres and seconds stand still
    np.testing.assert_array_equal(right[11:], np.broadcast_to(right[11], right[11:].shape))


def test_environments_that_draw_themselves_go_side_by_side_too(tmp_path: Path) -> None:
    runs = [
        (name, make_run(tmp_path / name, GymTask("CartPole-v1"), max_steps=steps))
        for name, steps in (("a", 9), ("b", 30), ("c", 30))
    ]
    path = film_beside(runs, tmp_path / "three.gif", frames=6)
    assert frames_of(path).shape[2] == 3 * SIZE[0] + 8


def test_only_the_film_of_the_usual_life_is_the_one_of_the_report(tmp_path: Path) -> None:
    run = ant(tmp_path / "run", max_steps=4)
    usual = film(run, frames=2, renderer="drawn")
    kept = usual.read_bytes()
    other = film(run, body="short_left_ankle", frames=2, renderer="drawn")
    assert (usual.name, other.name) == ("film.gif", "film-short_left_ankle.gif")
    assert usual.read_bytes() == kept != other.read_bytes()
    assert film_path(run, "intact", None, ()).name == "film.gif"
    damaged = parse_probes([DAMAGE])
    assert film_path(run, "limb:left_ankle_geom=0.5", 3, damaged, ["x"]).name == (
        "film-beside=x-limb-left_ankle_geom=0.5-life=3-damage-body=short_left_ankle,at=6.gif"
    )


def test_the_command_films_side_by_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a, b = ant(tmp_path / "a", max_steps=5), ant(tmp_path / "b", max_steps=5)
    told = ("--renderer", "drawn", "--probe", "freeze:at=2", "--probe", "push:at=3,x=1")
    assert main(["film", str(a.path), "--beside", str(b.path), *told]) == 0
    path = Path(capsys.readouterr().out.strip())
    assert path == a.path / "film-beside=b-freeze-at=2-push-at=3,x=1.gif"
    assert frames_of(path).shape[2] == 2 * SIZE[0] + 4
    assert main(["film", str(a.path), *told]) == 0
    assert (a.path / "film-freeze-at=2-push-at=3,x=1.gif").exists()


def test_names_tell_runs_apart(tmp_path: Path) -> None:
    runs = [ant(tmp_path / name / "run", max_steps=2) for name in ("a", "b")]
    assert labels(runs) == ["a/run", "b/run"]
    assert labels([runs[0], ant(tmp_path / "c", max_steps=2)]) == ["run", "c"]
    with pytest.raises(InputError, match="expected each run once"):
        labels([runs[0], runs[0]])
    with pytest.raises(InputError, match="expected at least 2 runs side by side, got 1"):
        film_beside([("a", runs[0])], tmp_path / "film.gif")


def test_bad_input_is_one_line_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = ant(tmp_path / "ant", max_steps=4)
    cheetah = make_run(tmp_path / "cheetah", Locomotion("half_cheetah"), max_steps=4)
    pole = make_run(tmp_path / "pole", GymTask("CartPole-v1"), max_steps=4)
    beside = ("--beside", str(ant(tmp_path / "other", max_steps=4).path))
    before = files(tmp_path)
    for flags, message in (
        (("--beside", str(cheetah.path)), "expected runs of the same world side by side, got ant"),
        (("--beside", str(pole.path)), "CartPole-v1"),
        (("--beside", str(run.path)), "expected each run once"),
        (("--beside", str(tmp_path / "nowhere")), "expected a run folder"),
        ((*beside, "--body", "short_lft_ankle"), "did you mean 'short_left_ankle'"),
        ((*beside, "--probe", "zero_wieghts:at=2"), "did you mean 'zero_weights'"),
        ((*beside, "--probe", "freeze:at=-1"), "expected at of at least 0"),
        (("--body", "short_lft_ankle"), "did you mean 'short_left_ankle'"),
    ):
        assert main(["film", str(run.path), *flags, "--renderer", "drawn"]) == 2
        error = capsys.readouterr().err
        assert message in error
        assert error.count("\n") == 1
    assert files(tmp_path) == before
