"""PPO learns to play the bundled game, 2048, in minutes on two processors.

    pip install ".[examples]"
    python examples/ppo.py               # three runs, and their curves in docs/ppo.png
    python examples/ppo.py --seeds 1 --steps 500000 --plot ppo.png

The agent sees the 16 bytes of the board, which `LibretroVectorEnv` reads out of the game's RAM, and
presses one of four directions. It is proximal policy optimisation in one file: many copies of the
game play a while, generalised advantage estimation says which moves turned out better than the
critic had thought, and a small network learns from that for a few epochs. Three things are of 2048:

- A move that moves nothing is not offered: `infos["legal"]` says which do.
- A board may be turned and mirrored. The network sees that one of its eight views in which the
  largest tiles come first, and its move is turned back.
- The reward is the logarithm of the points of a move, so that late merges do not drown early ones.

The same seed gives the same run, as far as PyTorch does the same.
"""

from __future__ import annotations

import argparse
import io
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

import pylibretro  # noqa: F401  # its import registers the envs

ENV_ID = "pylibretro/2048-board-v0"
CELLS, PLACES, WAYS = 16, 18, 4  # of a board, of an exponent, and of a move
EDGES = ((0, 2, 1, 1), (1, 1, 0, 2))  # where ARROWS has up, down, left and right
ARROWS = np.array([[-1, 0, -1], [2, -1, 3], [-1, 1, -1]])
TILES = (256, 512, 1024, 2048)
PLOT = Path(__file__).resolve().parents[1] / "docs" / "ppo.png"


@dataclass
class Episodes:
    """Episodes that have ended: after how many steps and seconds of all, and how.

    Attributes:
        steps, seconds: When each ended.
        scores: The score of each.
        highest: The exponent of its largest tile.
    """

    steps: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    scores: list[int] = field(default_factory=list)
    highest: list[int] = field(default_factory=list)

    def add(
        self,
        steps: int,
        seconds: float,
        infos: dict[str, Any],
        counted: NDArray[np.bool_] | None = None,
    ) -> None:
        """Take down the episodes that ended in this step of all envs, or of those that count."""
        if "final_info" not in infos:
            return
        ended = infos["_final_info"]
        if counted is not None:
            ended = ended & counted
        scores = infos["final_info"]["score"][ended].tolist()
        self.scores += scores
        self.highest += infos["final_info"]["highest"][ended].tolist()
        self.steps += [steps] * len(scores)
        self.seconds += [seconds] * len(scores)


class Views:
    """The eight views of a board, and what a move in one of them is on the real board."""

    def __init__(self) -> None:
        """Turn and mirror the places of the board, and the arrows at its edges."""
        grid = np.arange(CELLS).reshape(4, 4)
        turned = [(np.rot90(grid, k), np.rot90(ARROWS, k)) for k in range(4)]
        turned += [(places[:, ::-1], arrows[:, ::-1]) for places, arrows in turned]
        self.places = np.array([places.ravel() for places, _ in turned])
        self.ways = np.array([arrows[EDGES] for _, arrows in turned])
        self.weights = 0.5 ** np.arange(CELLS)

    def best(
        self, boards: NDArray[np.uint8], legal: NDArray[Any]
    ) -> tuple[Tensor, Tensor, NDArray[np.intp]]:
        """Return of each board the view in which the largest tiles come first.

        Args:
            boards: (n, 16) exponents.
            legal: (n,) bits of the moves that move something; 0 where all do the same.

        Returns:
            The views (n, 16), which moves are offered in them (n, 4), and what these are on the
            real board (n, 4).
        """
        views = boards[:, self.places]
        chosen = ((3.0**views * (views > 0)) @ self.weights).argmax(1)
        rows = np.arange(len(boards))
        ways = self.ways[chosen]
        offered = (legal[:, np.newaxis] >> ways & 1).astype(np.bool_)
        offered[legal == 0] = True
        return torch.from_numpy(views[rows, chosen]), torch.from_numpy(offered), ways


class Agent(nn.Module):
    """A network of two layers with a policy and a critic on top.

    Args:
        width: Of each layer.
    """

    def __init__(self, width: int) -> None:
        """Begin with small random weights."""
        super().__init__()
        # The sum of a row for each tile: a linear layer of the one-hot board, but faster.
        self.tiles = nn.EmbeddingBag(CELLS * PLACES, width, mode="sum")
        self.bias = nn.Parameter(torch.zeros(width))
        self.hidden = nn.Linear(width, width)
        self.policy = nn.Linear(width, WAYS)
        self.critic = nn.Linear(width, 1)
        nn.init.normal_(self.tiles.weight, std=1 / CELLS**0.5)
        for layer, gain in ((self.hidden, 2**0.5), (self.policy, 0.01), (self.critic, 1.0)):
            nn.init.orthogonal_(layer.weight, gain)
            nn.init.zeros_(layer.bias)
        self.register_buffer("offsets", torch.arange(CELLS) * PLACES, persistent=False)

    def forward(self, boards: Tensor, offered: Tensor) -> tuple[Tensor, Tensor]:
        """Return the logarithms of the moves' probabilities (n, 4), and values (n,)."""
        seen = torch.relu(self.tiles(boards.long() + self.offsets) + self.bias)
        seen = torch.relu(self.hidden(seen))
        logits = self.policy(seen).masked_fill(~offered, -1e9)
        return torch.log_softmax(logits, 1), self.critic(seen).squeeze(1)


class Rollout:
    """What all envs saw and did in some steps: rows of steps, columns of envs."""

    def __init__(self, steps: int, envs: int) -> None:
        """Make room."""
        self.boards = torch.zeros(steps, envs, CELLS, dtype=torch.uint8)
        self.offered = torch.zeros(steps, envs, WAYS, dtype=torch.bool)
        self.moves = torch.zeros(steps, envs, dtype=torch.long)
        self.log_probabilities = torch.zeros(steps, envs)
        self.rewards = torch.zeros(steps, envs)
        self.ends = torch.zeros(steps, envs)
        self.values = torch.zeros(steps + 1, envs)  # the last row is of what comes next

    def advantages(self, discount: float, trace: float) -> Tensor:
        """Return (steps, envs): how much better each move was than the critic thought."""
        advantages = torch.zeros_like(self.rewards)
        later = torch.zeros(self.rewards.shape[1])
        for step in reversed(range(len(self.rewards))):
            goes_on = 1 - self.ends[step]
            after = self.rewards[step] + discount * goes_on * self.values[step + 1]
            later = after - self.values[step] + discount * trace * goes_on * later
            advantages[step] = later
        return advantages


def learn(
    agent: Agent, optimizer: torch.optim.Optimizer, rollout: Rollout, chosen: argparse.Namespace
) -> None:
    """Make moves that turned out well more probable, within the limits of PPO."""
    advantages = rollout.advantages(chosen.discount, chosen.trace).flatten()
    returns = advantages + rollout.values[:-1].flatten()
    boards, offered = rollout.boards.flatten(0, 1), rollout.offered.flatten(0, 1)
    moves, before = rollout.moves.flatten(), rollout.log_probabilities.flatten()
    for _ in range(chosen.epochs):
        for rows in torch.randperm(len(moves)).split(chosen.minibatch):
            log_probabilities, values = agent(boards[rows], offered[rows])
            chosen_log = log_probabilities.gather(1, moves[rows, None]).squeeze(1)
            ratio = (chosen_log - before[rows]).exp()
            gain = advantages[rows]
            gain = (gain - gain.mean()) / (gain.std() + 1e-8)
            clipped = ratio.clamp(1 - chosen.clip, 1 + chosen.clip)
            policy_loss = -torch.minimum(ratio * gain, clipped * gain).mean()
            value_loss = functional.mse_loss(values, returns[rows])
            entropy = -(log_probabilities.exp() * log_probabilities.clamp(min=-1e3)).sum(1).mean()
            loss = policy_loss + 0.25 * value_loss - chosen.entropy * entropy
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(agent.parameters(), 0.5)
            optimizer.step()


def make_envs(chosen: argparse.Namespace) -> gymnasium.vector.VectorEnv[Any, Any, Any]:
    """Return copies of the game that begin again in the step in which they end."""
    return gymnasium.make_vec(
        ENV_ID,
        num_envs=chosen.envs,
        autoreset_mode="SameStep",
    )


def train(seed: int, chosen: argparse.Namespace) -> Episodes:
    """Learn from one seed, and return all episodes."""
    torch.manual_seed(seed)
    envs, views = make_envs(chosen), Views()
    agent = Agent(chosen.width)
    optimizer = torch.optim.Adam(agent.parameters(), lr=chosen.learning_rate, eps=1e-5)
    episodes = Episodes()
    rollout = Rollout(chosen.rollout, chosen.envs)
    rows = np.arange(chosen.envs)
    steps, started, told = 0, time.perf_counter(), 0.0
    boards, infos = envs.reset(seed=seed * 100_000)
    while steps < chosen.steps:
        for group in optimizer.param_groups:
            group["lr"] = chosen.learning_rate * max(0.05, 1 - steps / chosen.steps)
        for step in range(chosen.rollout):
            seen, offered, ways = views.best(boards, infos["legal"])
            with torch.no_grad():
                log_probabilities, values = agent(seen, offered)
            moves = torch.multinomial(log_probabilities.exp(), 1).squeeze(1)
            rollout.boards[step], rollout.offered[step] = seen, offered
            rollout.moves[step], rollout.values[step] = moves, values
            rollout.log_probabilities[step] = log_probabilities.gather(1, moves[:, None]).squeeze(1)
            boards, points, ends, _, infos = envs.step(ways[rows, moves.numpy()])
            rollout.rewards[step] = torch.from_numpy(np.log2(1 + points) / 10)
            rollout.ends[step] = torch.from_numpy(ends)
            steps += chosen.envs
            episodes.add(steps, time.perf_counter() - started, infos)
        with torch.no_grad():
            seen, offered, _ = views.best(boards, infos["legal"])
            rollout.values[-1] = agent(seen, offered)[1]
        learn(agent, optimizer, rollout, chosen)
        seconds = time.perf_counter() - started
        if not chosen.quiet and (seconds - told > 10 or steps >= chosen.steps):
            told = seconds
            print(f"seed {seed}: {progress(episodes, steps, seconds)}", flush=True)
    envs.close()
    return episodes


def progress(episodes: Episodes, steps: int, seconds: float) -> str:
    """Return in words how the latest episodes went."""
    scores, highest = episodes.scores[-200:], np.array(episodes.highest[-200:])
    return (
        f"{steps:,} steps in {seconds:.0f} s ({steps / seconds:,.0f} steps/s), the latest "
        f"{len(scores)} games: mean score {np.mean(scores or [0]):,.0f}, "
        f"512 in {np.mean(highest >= 9) if len(highest) else 0:.0%}, "
        f"1024 in {np.mean(highest >= 10) if len(highest) else 0:.0%}"
    )


def play_at_random(chosen: argparse.Namespace) -> Episodes:
    """Return the first episodes of each env, equally many, of moves by chance."""
    envs, random, episodes = make_envs(chosen), np.random.default_rng(0), Episodes()
    left = np.full(chosen.envs, chosen.random_games)
    envs.reset(seed=0)
    steps = 0
    while left.any():
        _, _, ends, _, infos = envs.step(random.integers(WAYS, size=chosen.envs))
        steps += chosen.envs
        episodes.add(steps, 0.0, infos, counted=left > 0)
        left -= ends & (left > 0)
    envs.close()
    return episodes


def curve(
    runs: Sequence[Episodes], numbers: Sequence[NDArray[np.float64]], edges: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return (runs, parts): the mean of the numbers of those episodes that ended in each part."""
    rows = []
    for run, values in zip(runs, numbers, strict=True):
        part = np.digitize(run.steps, edges[1:-1], right=True)
        with np.errstate(invalid="ignore"):
            counts = np.bincount(part, minlength=len(edges) - 1)
            rows.append(np.bincount(part, values, len(edges) - 1) / counts)
    return np.array(rows)


def plot(path: Path, runs: Sequence[Episodes], chance: Episodes, steps: int) -> None:
    """Draw mean scores and largest tiles against steps and minutes."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt
    from PIL import Image

    edges = np.linspace(0, steps, 41)
    middles = (edges[1:] + edges[:-1]) / 2e6
    minutes = np.mean([run.seconds[-1] / run.steps[-1] for run in runs]) * 1e6 / 60
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    scores = [np.array(run.scores, np.float64) for run in runs]
    for row in (rows := curve(runs, scores, edges)):
        left.plot(middles, row, color="tab:blue", alpha=0.35, linewidth=1)
    left.plot(middles, rows.mean(0), color="tab:blue", label=f"PPO, {counted(runs)}")
    average = float(np.mean(chance.scores))
    left.axhline(average, color="tab:gray", linestyle="--", label=f"chance, {average:,.0f}")
    left.set_ylabel("mean score of a game")
    left.set_ylim(0, None)
    left.legend(loc="lower right", bbox_to_anchor=(1, 0.25), frameon=False)
    for tile, colour in ((256, "tab:orange"), (512, "tab:red"), (1024, "tab:purple")):
        reached = [np.array(run.highest) >= tile.bit_length() - 1 for run in runs]
        share = 100 * curve(runs, [made.astype(np.float64) for made in reached], edges).mean(0)
        right.plot(middles, share, color=colour)
        late = float(np.nan_to_num(share[-10:]).max())
        right.text(steps / 1e6, late + 2, f"a {tile} ", color=colour, ha="right", va="bottom")
    by_chance = 100 * float(np.mean(np.array(chance.highest) >= 8))
    right.axhline(by_chance, color="tab:gray", linestyle="--")
    right.text(steps * 0.6e-6, by_chance + 2, "a 256 by chance", color="tab:gray", ha="center")
    right.set_ylabel("games in 100 that make")
    right.set_ylim(0, 105)
    for axes in (left, right):
        axes.set_xlabel("million steps of all envs")
        axes.set_xlim(0, steps / 1e6)
        above = axes.secondary_xaxis(
            "top", functions=(lambda x: x * minutes, lambda x: x / minutes)
        )
        above.set_xlabel("minutes")
        axes.spines[["right"]].set_visible(False)
    whole = io.BytesIO()
    figure.savefig(whole, dpi=80)
    plt.close(figure)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.open(whole).convert("RGB").quantize(64).save(path, optimize=True)  # a third of the size


def counted(runs: Sequence[Episodes]) -> str:
    """Return in words how many runs a curve is of."""
    return "one seed" if len(runs) == 1 else f"mean of {len(runs)} seeds"


def summary(seed: int, run: Episodes, steps: int) -> dict[str, Any]:
    """Return how the last tenth of a run went."""
    late = np.array(run.steps) > steps * 0.9
    highest = np.array(run.highest)[late]
    return {
        "seed": seed,
        "games": len(run.scores),
        "minutes": run.seconds[-1] / 60 if run.seconds else 0.0,
        "mean_score": float(np.mean(np.array(run.scores)[late])) if late.any() else None,
        "reached": {str(tile): float(np.mean(highest >= tile.bit_length() - 1)) for tile in TILES}
        if late.any()
        else {},
    }


def parse_arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--seeds", type=int, nargs="+", default=[1, 2, 3], help="one run for each (default 1 2 3)")
    add("--steps", type=int, default=2_000_000, help="of all envs in a run (default %(default)s)")
    add("--plot", type=Path, default=PLOT, help="where to draw the curves (default docs/ppo.png)")
    add("--json", type=Path, metavar="FILE", help="leave all episodes in a file, too")
    add("--threads", type=int, default=1, help="of PyTorch; more help larger networks (default 1)")
    add("--quiet", action="store_true", help="print the result only")
    settings = parser.add_argument_group("settings of PPO")
    add = settings.add_argument
    add("--envs", type=int, default=128, help="copies of the game (default %(default)s)")
    add("--rollout", type=int, default=64, help="steps between two updates (default %(default)s)")
    add("--epochs", type=int, default=3, help="over what was played (default %(default)s)")
    add("--minibatch", type=int, default=2048, help="(default %(default)s)")
    add("--learning-rate", type=float, default=1e-3, help="at first (default %(default)s)")
    add("--discount", type=float, default=0.99, help="gamma (default %(default)s)")
    add("--trace", type=float, default=0.95, help="lambda (default %(default)s)")
    add("--clip", type=float, default=0.2, help="of the ratio (default %(default)s)")
    add("--entropy", type=float, default=0.003, help="its weight (default %(default)s)")
    add("--width", type=int, default=256, help="of the network's layers (default %(default)s)")
    add("--random-games", type=int, default=4, help="of chance, in each copy (default 4)")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> None:
    """Learn, draw the curves, and tell how it went beside chance."""
    chosen = parse_arguments(given)
    torch.set_num_threads(chosen.threads)
    chance = play_at_random(chosen)
    print(f"chance alone: mean score {np.mean(chance.scores):,.0f} of {len(chance.scores):,} games")
    runs = [train(seed, chosen) for seed in chosen.seeds]
    for seed, run in zip(chosen.seeds, runs, strict=True):
        told = summary(seed, run, chosen.steps)
        tiles = ", ".join(f"{tile} in {share:.0%}" for tile, share in told["reached"].items())
        print(
            f"seed {seed}: {told['games']:,} games in {told['minutes']:.1f} minutes; in the last "
            f"tenth of the steps: mean score {told['mean_score'] or 0:,.0f}, {tiles}"
        )
    if chosen.json:
        seeds = [str(seed) for seed in chosen.seeds]
        episodes = {"chance": asdict(chance), **dict(zip(seeds, map(asdict, runs), strict=True))}
        chosen.json.write_text(json.dumps(episodes), encoding="utf-8")
    plot(chosen.plot, runs, chance, chosen.steps)
    print(f"wrote {chosen.plot}")


if __name__ == "__main__":
    main()
