"""Draw frames with GL: ``python -m metahebb.report._gl_child FOLDER``; see ``gl.py``."""

from __future__ import annotations

import sys
from pathlib import Path

import mujoco
import numpy as np

from metahebb.report.camera import SIZE, View


def main(folder: Path) -> None:
    """Draw the scenes described in ``folder`` into its ``frames.npy``."""
    model = mujoco.MjModel.from_binary_path(str(folder / "model.mjb"))
    data = mujoco.MjData(model)
    with np.load(folder / "scenes.npz") as scenes:
        qpos, lookat, view = scenes["qpos"], scenes["lookat"], View(*scenes["view"])
    width, height = SIZE
    camera = mujoco.MjvCamera()
    camera.azimuth, camera.elevation = view.azimuth, view.elevation
    camera.distance = view.distance
    frames = np.empty((len(qpos), height, width, 3), np.uint8)
    with mujoco.Renderer(model, height, width) as renderer:
        # Software GL takes half as long without the floor's mirror image, which only distracts.
        renderer.scene.flags[mujoco.mjtRndFlag.mjRND_REFLECTION] = 0
        for i in range(len(qpos)):
            data.qpos[:] = qpos[i]
            camera.lookat[:] = lookat[i]
            mujoco.mj_forward(model, data)
            renderer.update_scene(data, camera)
            renderer.render(out=frames[i])
    np.save(folder / "frames.npy", frames)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
