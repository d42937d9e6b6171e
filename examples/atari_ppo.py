"""PPO of Stable-Baselines3 learns Pong from the screen, on one processor.

    pip install ".[examples]" stable-baselines3 stable-retro ale-py
    pylibretro import "$(python -c 'import ale_py; print(ale_py.__path__[0])')/roms"
    python examples/atari_ppo.py                 # 85 minutes of processor time, and docs/pong.png

The game is stable-retro's integration, played by its stella, as the preset "deepmind" shows it: a
picture of 84 x 84 gray pixels after every fourth frame, the last four of them, the actions that the
Arcade Learning Environment has for the game, rewards of -1, 0 or 1. The network is smaller than the
usual one, and sees by how much pixels are brighter than most, from which it learns far sooner where
a ball of two pixels is; everything else is Stable-Baselines3 as it is.

The curve is left in a file while it learns, and so is the model: a run that is stopped has both.
"""

from __future__ import annotations

import argparse
import io
import json
import time
from collections.abc import Sequence
from pathlib import Path

import gymnasium
import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import Tensor, nn

import pylibretro  # noqa: F401  # its import registers the envs
from pylibretro.envs.stable_baselines3 import LibretroVecEnv

PLOT = Path(__file__).resolve().parents[1] / "docs" / "pong.png"

BRIGHTNESS = 0.34  # of most of the picture of Pong, from 0 to 1


class SmallNetwork(BaseFeaturesExtractor):  # type: ignore[misc]
    """Two layers of convolution and one of 256 numbers: a quarter of the usual work.

    Args:
        space: Of the pictures, (4, 84, 84).
    """

    def __init__(self, space: gymnasium.spaces.Box) -> None:
        """Begin with small random weights."""
        super().__init__(space, 256)
        layers = (nn.Conv2d(space.shape[0], 16, 8, 4), nn.Conv2d(16, 32, 4, 2))
        self.seen = nn.Sequential(layers[0], nn.ReLU(), layers[1], nn.ReLU(), nn.Flatten())
        self.known = nn.Sequential(nn.Linear(32 * 9 * 9, 256), nn.ReLU())

    def forward(self, pictures: Tensor) -> Tensor:
        """Return (n, 256) of pictures from 0 to 1."""
        return self.known(self.seen(pictures - BRIGHTNESS))


class Curve(BaseCallback):  # type: ignore[misc]
    """Takes down the score of each episode, and ends the training when its time is over.

    Args:
        minutes: Of processor time.
        files: Where the curve and the model are kept.
        envs: How many play.
    """

    def __init__(self, minutes: float, files: Path, envs: int) -> None:
        """Begin without episodes."""
        super().__init__()
        self.minutes, self.files = minutes, files
        self.steps: list[int] = []
        self.seconds: list[float] = []
        self.scores: list[float] = []
        self.playing = np.zeros(envs)
        self.told = 0.0

    def _on_step(self) -> bool:
        self.playing += self.locals["rewards"]
        seconds = time.process_time()
        for i in np.flatnonzero(self.locals["dones"]).tolist():
            self.steps.append(self.num_timesteps)
            self.seconds.append(seconds)
            self.scores.append(float(self.playing[i]))
            self.playing[i] = 0
        if seconds - self.told > 30:
            self.told = seconds
            self.keep()
        return seconds < self.minutes * 60

    def keep(self) -> None:
        """Leave curve and model in their files, and say how it goes."""
        curve = {"steps": self.steps, "seconds": self.seconds, "scores": self.scores}
        self.files.with_suffix(".json").write_text(json.dumps(curve), encoding="utf-8")
        self.model.save(self.files.with_suffix(".zip"))
        late = self.scores[-20:]
        values = self.logger.name_to_value
        print(
            f"{self.num_timesteps:,} steps, {time.process_time() / 60:.1f} minutes of processor "
            f"time, {len(self.scores)} games, the latest {len(late)}: "
            f"{np.mean(late or [0]):.1f} points"
            f" (entropy {-float(values.get('train/entropy_loss', 0)):.2f}"
            f", divergence {float(values.get('train/approx_kl', 0)):.4f})",
            flush=True,
        )


def train(chosen: argparse.Namespace) -> None:
    """Learn until the time is over."""
    torch.set_num_threads(1)
    envs = LibretroVecEnv(
        gymnasium.make_vec(
            chosen.game,
            num_envs=chosen.envs,
            autoreset_mode="SameStep",
            threads=1,
            preset="deepmind",
        )
    )
    curve = Curve(chosen.minutes, chosen.files, chosen.envs)
    model = PPO(
        "CnnPolicy",
        envs,
        learning_rate=lambda _: (
            chosen.learning_rate * max(0.1, 1 - time.process_time() / 60 / chosen.minutes)
        ),
        n_steps=chosen.rollout,
        batch_size=chosen.minibatch,
        n_epochs=chosen.epochs,
        clip_range=chosen.clip,
        ent_coef=chosen.entropy,
        seed=chosen.seed,
        policy_kwargs={"features_extractor_class": SmallNetwork},
    )
    model.learn(100_000_000, callback=curve)
    curve.keep()
    envs.close()


def plot(curve: dict[str, list[float]], path: Path) -> None:
    """Draw the score of each game and the mean of the latest against steps and minutes."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt
    from PIL import Image

    steps, scores = np.array(curve["steps"]) / 1e6, np.array(curve["scores"])
    minutes = curve["seconds"][-1] / 60 / steps[-1]
    means = [scores[max(0, i - 20) : i].mean() for i in range(1, len(scores) + 1)]
    figure, axes = plt.subplots(figsize=(6, 3.6), layout="constrained")
    axes.plot(steps, scores, ".", color="tab:blue", alpha=0.25, markersize=4, label="a game")
    axes.plot(steps, means, color="tab:blue", label="mean of the latest 20")
    axes.axhline(0, color="tab:gray", linestyle="--", linewidth=1)
    axes.set_xlabel("million steps of all envs")
    axes.set_ylabel("points of Pong, -21 to 21")
    axes.set_ylim(-21.5, 21.5)
    axes.set_xlim(0, steps[-1])
    axes.legend(loc="upper left", frameon=False)
    axes.spines[["right"]].set_visible(False)
    above = axes.secondary_xaxis("top", functions=(lambda x: x * minutes, lambda x: x / minutes))
    above.set_xlabel("minutes of processor time")
    whole = io.BytesIO()
    figure.savefig(whole, dpi=80)
    plt.close(figure)
    Image.open(whole).convert("RGB").quantize(64).save(path, optimize=True)


def parse_arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--game", default="pylibretro/Pong-Atari2600-v0", help="id of an env (default %(default)s)")
    add("--minutes", type=float, default=85, help="of processor time (default %(default)s)")
    add("--seed", type=int, default=1, help="(default %(default)s)")
    add("--files", type=Path, default=Path("pong"), help="where the .json of the curve and the "
        ".zip of the model are kept (default %(default)s)")  # fmt: skip
    add("--plot", type=Path, default=PLOT, help="where to draw the curve (default docs/pong.png)")
    add("--only-plot", action="store_true", help="draw the curve of a run that has been made")
    settings = parser.add_argument_group("settings of PPO")
    add = settings.add_argument
    add("--envs", type=int, default=16, help="copies of the game (default %(default)s)")
    add("--rollout", type=int, default=64, help="steps between two updates (default %(default)s)")
    add("--epochs", type=int, default=4, help="over what was played (default %(default)s)")
    add("--minibatch", type=int, default=256, help="(default %(default)s)")
    add("--learning-rate", type=float, default=5e-4, help="at first (default %(default)s)")
    add("--clip", type=float, default=0.15, help="of the ratio (default %(default)s)")
    add("--entropy", type=float, default=0.01, help="its weight (default %(default)s)")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> None:
    """Learn, and draw the curve."""
    chosen = parse_arguments(given)
    if not chosen.only_plot:
        train(chosen)
    curve = json.loads(chosen.files.with_suffix(".json").read_text(encoding="utf-8"))
    plot(curve, chosen.plot)
    print(f"wrote {chosen.plot}")


if __name__ == "__main__":
    main()
