"""Episodes of many copies of a game: how they begin, what an action presses, and when they end."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pylibretro._core import State
from pylibretro.batch._batch import CoreBatch
from pylibretro.batch.restoring import PARTS, SEEN_PARTS, compare_restoring
from pylibretro.envs.actions import Action, HeldInput, actions_of_one, each_action, press_actions
from pylibretro.envs.env_spec import EnvSpec, state_contents
from pylibretro.envs.picture_size import Size, played_size, sized
from pylibretro.envs.recordings import Recordings
from pylibretro.envs.scoring import Scoring
from pylibretro.envs.senses import Senses
from pylibretro.error import CoreCrashedError, LibretroError, MovieError, StateError
from pylibretro.memory.watch import Watch
from pylibretro.picture.fitting import fitted

__all__ = ["Episodes", "Outcome"]

EPISODE_FRAMES = "episode_frame_number"
START_STATE = "start_state"
PLAYER_REWARDS = "rewards"
UNCLIPPED_REWARD = "unclipped_reward"
GAME_OVER = "game_over"

STATES_TRIED = 8  # at most, for whether what nobody sees or hears can be left out from there


@dataclass
class Outcome:
    """The results of a step: a row for each env.

    Attributes:
        observations: An array, or a dict of arrays.
        rewards: (n,) float64.
        terminations: (n,) bool.
        truncations: (n,) bool.
        infos: Arrays by name; beside each, under `_` and the name, a mask of the rows that have it.
    """

    observations: Any
    rewards: NDArray[np.float64]
    terminations: NDArray[np.bool_]
    truncations: NDArray[np.bool_]
    infos: dict[str, Any]


class Episodes:
    """Copies of a game that are played in episodes, on a `CoreBatch`.

    Args:
        spec: The game as a task.
        count: How many copies.
        generators: The random numbers of each copy; what one draws does not depend on the others.
        pictures: Whether pictures and sound are wanted where they are not observed.
        record_to: A directory for a movie of each episode; None for none.
        **batch_arguments: threads, recv_size, skip_rendering and skips of `CoreBatch`.
    """

    def __init__(
        self,
        spec: EnvSpec,
        count: int,
        generators: list[np.random.Generator],
        *,
        pictures: bool = True,
        record_to: str | os.PathLike[str] | None = None,
        **batch_arguments: Any,
    ) -> None:
        """Open the batch and find the start states."""
        self.spec = spec
        self.count = count
        self.generators = generators
        actions: Any = spec.actions
        self.actions = actions
        self.one_action = isinstance(actions, Action)  # and no structure of them
        every_action = list(each_action(actions))
        self.joypad_only = all(action.joypad_only for action in every_action)
        self.ports = 1 + max(port for action in every_action for port in action.ports)
        self.senses = Senses(spec)
        self.scoring = Scoring(
            spec.reward, spec.done, spec.life_loss, spec.reward_clip, spec.watches or {}
        )
        core = spec.core_spec()
        if core.save_dir is not None and count > 1:
            raise ValueError(
                "save_dir would be written by all copies; an env of one copy may have it"
            )
        asked = self.senses.batch_arguments()
        seen = asked.get("observation")
        self.picture_size: Size | None = None
        if pictures or (seen is not None and seen.size is None and seen.crop is None):
            self.picture_size = played_size(spec)
        if seen is not None and self.picture_size is not None:
            asked["observation"] = sized(seen, self.picture_size)
        self.core_spec = core
        self.batch_arguments = {
            "watches": spec.watches,
            "reward": self.scoring.reward,
            "done": self.scoring.done,
            "stop_when_done": self.scoring.done is not None and spec.frame_skip > 1,
            "pictures": pictures or "observation" in asked,
            "sound": pictures or "audio_window" in asked,
            **asked,
        }
        self.batch = CoreBatch([core] * count, **self.batch_arguments, **batch_arguments)
        try:
            self.senses.look_at(self.batch)
            self.find_start_states()
        except BaseException:
            self.batch.close()
            raise
        names = list(self.batch.watch_names)
        self.info_names = names if spec.info is None else list(spec.info)
        self.info_columns = np.array([names.index(name) for name in self.info_names], np.intp)
        self.start = _masks_by_frame(spec.start)
        self.life_start = _masks_by_frame(spec.life_start)
        self.steps = np.zeros(count, np.int64)
        self.frames = np.zeros(count, np.int64)
        self.begun_in = np.zeros(count, np.int64)
        self.lead_in = np.zeros(count, np.int64)
        self.keys = np.zeros(count, np.uint64)
        self.broken = np.zeros(count, np.bool_)
        self.lost_life = np.zeros(count, np.bool_)  # the agent's episode has ended, not the game
        self.goes_on = np.zeros(count, np.bool_)  # so the episode that begins is of the same game
        self.repeat_below = np.uint64(int(spec.repeat_action_probability * 2.0**64))
        self.sticky = spec.repeat_action_probability > 0
        hold = spec.frame_skip if spec.hold_frames is None else spec.hold_frames
        self.hold = min(hold, spec.frame_skip)
        self.previous = self.nothing(count).inputs
        self.listener: Any = None  # is told what the first copy runs, see played_inputs.py
        self.recordings: Recordings | None = None
        if record_to is not None:
            try:
                self.recordings = Recordings(record_to, self.batch)
            except BaseException:
                self.batch.close()
                raise

    def nothing(self, count: int) -> HeldInput:
        """Return input for this many copies in which nothing is pressed."""
        return HeldInput.nothing(count, self.ports, joypad_only=self.joypad_only)

    # How episodes begin

    def find_start_states(self) -> None:
        """Turn the states of the spec into states of the batch that bring a picture.

        A core whose states do not bring back all of a machine has none: it is opened again instead.
        """
        given: Mapping[str, Any] = self.spec.states if self.spec.states is not None else {"": None}
        self.state_names = list(given)
        weights = self.spec.state_weights
        self.weights = None if weights is None else list(weights)
        self.contents = [state_contents(value) for value in given.values()]
        with self.one_more_core() as made:
            self.states = [self.start_state(made, 0)]
            self.opens_again = self.states[0] is None or any(
                self.must_open_again(self.contents[i])
                for i in sorted({0, len(given) // 2, len(given) - 1})
            )
            self.states += [self.start_state(made, i) for i in range(1, len(given))]
        begun = [state for state in self.states if state is not None]
        self.batch.prove_skips(begun[:STATES_TRIED])

    def one_more_core(self) -> CoreBatch:
        """Return a batch of one core, in which start states are made; it leaves nothing out."""
        return CoreBatch([self.core_spec], threads=1, skips=False, **self.batch_arguments)

    def start_state(self, made: CoreBatch, number: int) -> State | None:
        """Return a state of the batch in which an episode begins, None for a core without states.

        Args:
            made: One more core of the batch, which has just been opened if it is the first state.
            number: Of the state in the spec.
        """
        contents = self.contents[number]
        frames = frames_to_a_picture(contents)
        try:
            if number and (self.opens_again or contents is None):
                made.reopen([0], [contents])
            elif isinstance(contents, State):
                made.load_states([contents])
            elif contents is not None:
                made[0].load_state(contents)
        except StateError as error:
            if error.args and isinstance(error.args[0], str):
                error.args = (
                    f"the start state {self.state_names[number]!r}: {error.args[0]}",
                    *error.args[1:],
                )
            raise
        made.run(frames, begins=[True])
        try:
            return made.save_states()[0]
        except StateError:
            return None

    def add_state(self, name: str, state: Any, weight: float = 1.0) -> None:
        """Have episodes begin in one more state from now on, see `LibretroEnv.add_state`."""
        if name in self.state_names:
            raise ValueError(f"there is a state {name!r} already; give this one another name")
        if not 0 <= weight < float("inf"):
            raise ValueError(f"weight is {weight}; a number from 0 is needed")
        number = len(self.states)
        self.state_names.append(name)
        self.contents.append(state_contents(state))
        try:
            with self.one_more_core() as made:
                self.states.append(self.start_state(made, number))
        except BaseException:
            self.state_names.pop()
            self.contents.pop()
            raise
        if (added := self.states[-1]) is not None:
            self.batch.prove_skips([added])
        if weight != 1 or self.weights is not None:
            weights = [1.0] * number if self.weights is None else self.weights
            self.weights = [*weights, float(weight)]
        known = {self.state_names[0]: None} if self.spec.states is None else self.spec.states
        self.spec = replace(self.spec, states={**known, name: state}, state_weights=self.weights)

    def drawn_state(self, generator: np.random.Generator) -> int:
        """Return the number of a start state at random."""
        if len(self.states) == 1:
            return 0
        if self.weights is None:
            return int(generator.integers(len(self.states)))
        weights = np.array(self.weights)
        return int(generator.choice(len(weights), p=weights / weights.sum()))

    def must_open_again(self, contents: State | bytes | None) -> bool:
        """Whether only a core that is opened again begins an episode the same each time."""
        frames = frames_to_a_picture(contents)
        heard = "audio_window" in self.batch_arguments
        compared = compare_restoring(self.core_spec, contents, frames=frames)
        return compared.opens_again(PARTS if heard else SEEN_PARTS)

    def state_number(self, state: Any) -> int:
        """Return the number of a start state that is given by its name or number."""
        if isinstance(state, str):
            if state not in self.state_names:
                raise ValueError(f"there is no state {state!r}; there are {self.state_names}")
            return self.state_names.index(state)
        number = int(state)
        if not 0 <= number < len(self.states):
            raise ValueError(
                f"there is no state {state}; the states are 0 to {len(self.states) - 1}"
            )
        return number

    def chosen_states(self, choice: Any) -> list[int | None]:
        """Return which start state each copy gets, None for one at random."""
        if choice is None:
            return [None] * self.count
        if isinstance(choice, (str, int, np.integer)):
            return [self.state_number(choice)] * self.count
        if not isinstance(choice, Iterable) or len(chosen := list(choice)) != self.count:
            raise ValueError(f"state is a name or number, or one for each of {self.count} envs")
        return [None if state is None else self.state_number(state) for state in chosen]

    def begin(
        self,
        chosen: NDArray[np.intp],
        states: Sequence[int | None] | None = None,
        seeded: Sequence[bool] | None = None,
    ) -> None:
        """Put copies where an episode begins; the next step takes them through its start.

        Args:
            chosen: Numbers of the copies.
            states: Which start state each copy gets, for all copies; None for one at random.
            seeded: Which copies have been given a seed, for all copies: these begin a new game even
                after a lost life.
        """
        spec = self.spec
        places: Any = spec.random_memory
        index = np.full(self.count, -1)
        drawn: list[tuple[int, list[tuple[Watch, int]]]] = []
        for i in chosen.tolist():
            generator = self.generators[i]
            state = states[i] if states is not None else None
            new_game = state is not None or (seeded is not None and seeded[i])
            self.goes_on[i] = self.lost_life[i] and not (new_game or self.broken[i])
            self.lost_life[i] = False
            if self.goes_on[i]:
                self.lead_in[i] = len(self.life_start)
                continue
            if state is None:
                state = self.drawn_state(generator)
            index[i] = self.begun_in[i] = state
            self.lead_in[i] = len(self.start)
            if spec.noop_max:
                self.lead_in[i] += generator.integers(spec.noop_max + 1)
            if self.sticky:
                self.keys[i] = generator.integers(1 << 64, dtype=np.uint64)
            if spec.random_memory:
                drawn.append((i, [(place, _draw(place, generator)) for place in places]))
        if self.recordings is not None:
            self.recordings.finish(np.flatnonzero(index >= 0).tolist())
        self.put_into_states(index)
        for i, values in drawn:
            memory = self.batch[i].memory
            for place, value in values:
                kind = f"{place.type[0]}u{place.type[2]}"
                if place.mask is not None:
                    value |= int(memory.read(place.address, kind)) & ~place.mask
                memory.write(place.address, value, kind)
        anew = chosen[~self.goes_on[chosen]]
        self.steps[anew] = self.frames[anew] = 0
        self.previous[chosen] = np.zeros((), self.previous.dtype)
        self.record(anew.tolist())

    def record(self, copies: Sequence[int]) -> None:
        """Begin movies of copies from where they are."""
        if self.recordings is not None:
            names = [self.state_names[number] for number in self.begun_in[copies].tolist()]
            self.recordings.begin(copies, [{"state": name} for name in names])

    def put_into_states(self, index: NDArray[np.intp]) -> None:
        """Put copies into the start states with these numbers; -1 leaves them as they are."""
        if not self.opens_again:
            self.repair()
            states = [state for state in self.states if state is not None]
            self.batch.load_states(states, index)
            return
        for state in np.unique(index[index >= 0]).tolist():
            contents = self.contents[state]
            chosen = np.flatnonzero(index == state)
            self.batch.reopen(
                chosen, [contents] * len(chosen), frames=frames_to_a_picture(contents)
            )
            self.broken[chosen] = False
        self.senses.look_at(self.batch)

    def repair(self) -> None:
        """Open those cores again that can no longer run."""
        if self.broken.any():
            self.batch.reopen(np.flatnonzero(self.broken))
            self.broken[:] = False
            self.senses.look_at(self.batch)

    # Elsewhere

    def save_states(self, ended: NDArray[np.bool_]) -> list[State]:
        """Return the state of each copy.

        Args:
            ended: (count,) which copies begin an episode next, so that they may be opened again.
        """
        lost = np.flatnonzero(self.broken & ~ended).tolist()
        if lost:
            raise CoreCrashedError(
                f"the cores of envs {lost} cannot run any more and have no states: reset() these "
                f"envs first"
            )
        self.repair()
        return self.batch.save_states()

    def load_states(self, states: Sequence[State]) -> None:
        """Put copies where others were, and begin movies there."""
        if self.recordings is not None:
            self.recordings.close()
        self.repair()
        self.batch.load_states(states, reopen=self.opens_again)
        self.senses.look_at(self.batch)
        self.record(range(self.count))

    # What an action presses

    def pressed(self, actions: Any, ids: NDArray[np.int64] | None = None) -> NDArray[Any]:
        """Return the input of a step: (n, ports), or (frames, n, ports) where frames differ."""
        rows = slice(None) if ids is None else ids
        held = self.nothing(self.count if ids is None else len(ids))
        if self.one_action:
            self.actions.press(actions, held)
        else:
            press_actions(self.actions, actions, held)
        skip = self.spec.frame_skip
        if self.hold == skip and not self.sticky:
            inputs: NDArray[Any] = held.inputs
            return inputs
        inputs = np.zeros((skip, *held.inputs.shape), held.inputs.dtype)
        inputs[: self.hold] = held.inputs
        if self.sticky:
            repeats = self.repeats(rows)
            previous = self.previous[rows]
            for now, repeat in zip(inputs, repeats, strict=True):
                now[repeat] = previous[repeat]
                previous = now
            self.previous[rows] = previous
        return inputs

    def of_one(self, action: Any) -> Any:
        """Return what a single env is given as the actions of many."""
        if self.one_action and isinstance(action, (int, np.integer, np.ndarray)):
            return np.asarray(action)[np.newaxis]
        return actions_of_one(self.actions, action)

    def check_actions(self, actions: Any, count: int | None = None) -> None:
        """Raise `ActionError` unless these are actions of this many copies."""
        press_actions(self.actions, actions, self.nothing(self.count if count is None else count))

    def repeats(self, rows: Any) -> NDArray[np.bool_]:
        """Return in which frames of the next step the input before it goes on, (frames, n).

        The numbers are SplitMix64 of a key drawn for the episode and of the frame's number.
        """
        number = np.arange(1, self.spec.frame_skip + 1)[:, np.newaxis] + self.frames[rows]
        mixed = self.keys[rows] + number.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        below: NDArray[np.bool_] = (mixed ^ (mixed >> np.uint64(31))) < self.repeat_below
        return below

    def led_in(
        self,
        begins: NDArray[np.bool_],
        inputs: NDArray[Any] | None,
        frames: NDArray[np.int64],
        goes_on: NDArray[np.bool_],
    ) -> NDArray[Any] | None:
        """Return the input of a step in which some rows go through the start of an episode.

        Args:
            begins: (n,) the rows.
            inputs: What the other rows press.
            frames: (n,) how many frames each row runs.
            goes_on: (n,) where an episode begins in the same game.
        """
        most = int(frames.max(initial=0))
        if most == 0:
            return None
        whole = np.zeros((most, len(begins), self.ports), self.previous.dtype)
        others = ~begins
        if inputs is not None and others.any():
            pressed = inputs[others] if inputs.ndim == 2 else inputs[:, others]
            whole[: self.spec.frame_skip, others] = pressed
        joypad = whole if self.joypad_only else whole["joypad"]
        for rows, start in ((begins & ~goes_on, self.start), (begins & goes_on, self.life_start)):
            if len(start) and rows.any():
                joypad[: len(start), rows, 0] = start[:, np.newaxis]
        return whole

    # Steps

    def step(self, actions: Any, out: Any = None) -> Outcome:
        """Step all copies."""
        self.run(self.spec.frame_skip, self.pressed(actions), out, None)
        return self.outcome(self.batch)

    def step_some(self, actions: Any, begins: NDArray[np.bool_], out: Any = None) -> Outcome:
        """Step copies, and take those for which `begin` was called through the start of an episode.

        Args:
            actions: What the others do; None if they stay as they are.
            begins: (count,) which copies begin an episode.
            out: As for `CoreBatch.run`.
        """
        inputs = None if actions is None else self.pressed(actions)
        frames = np.where(begins, self.lead_in, 0 if actions is None else self.spec.frame_skip)
        whole = self.led_in(begins, inputs, frames, self.goes_on)
        self.previous[begins] = np.zeros((), self.previous.dtype)
        self.run(frames, whole, out, begins)
        return self.outcome(self.batch, None, begins, stepped=actions is not None)

    def run(self, frames: Any, inputs: Any, out: Any, begins: Any) -> None:
        """Run the batch, and remember which cores cannot go on."""
        if self.listener is not None and begins is not None and begins[0] and not self.goes_on[0]:
            self.listener.begins()
        try:
            self.batch.run(frames, inputs, out=out, begins=begins)
        except LibretroError as error:
            for index in getattr(error, "errors", {}):
                self.broken[index] = True
            if self.recordings is not None:
                self.recordings.finish(np.flatnonzero(self.broken).tolist())
                self.recordings.ran(inputs)
            raise
        if self.listener is not None:
            held = None if inputs is None else inputs[..., 0, :]
            self.listener.has_run(int(self.batch.frames_run[0]), held)
        if self.recordings is not None:
            self.recordings.ran(inputs)

    def outcome(
        self,
        result: Any,
        ids: NDArray[np.int64] | None = None,
        begins: NDArray[np.bool_] | None = None,
        *,
        stepped: bool = True,
    ) -> Outcome:
        """Return the results of a step.

        Args:
            result: The batch, or what its `recv` returned.
            ids: Which copies the rows belong to; all unless given.
            begins: (n,) which rows went through the start of an episode.
            stepped: Whether the other rows have stepped.
        """
        spec = self.spec
        rows: Any = slice(None) if ids is None else ids
        count = self.count if ids is None else len(ids)
        frames_run = result.frames_run
        done = result.done
        terminations = np.zeros(count, np.bool_) if done is None else done
        truncations = np.zeros(count, np.bool_)
        ended: Any = False  # by the core itself
        if stepped:
            cores = self.batch.cores
            chosen = cores if ids is None else [cores[i] for i in ids.tolist()]
            ended = np.array([core.shut_down for core in chosen], np.bool_)
            if begins is None:
                self.steps[rows] += 1
                self.frames[rows] += frames_run
            else:
                self.steps[rows] += ~begins
                self.frames[rows] += np.where(begins, 0, frames_run)
                ended &= ~begins
            if ended.any():
                self.broken[np.arange(self.count)[rows][ended]] = True
                terminations = terminations | ended
            if spec.max_episode_steps is not None:
                truncations |= self.steps[rows] >= spec.max_episode_steps
            if spec.max_episode_frames is not None:
                truncations |= self.frames[rows] >= spec.max_episode_frames
        added: dict[str, Any] = {EPISODE_FRAMES: self.frames[rows].copy()}
        rewards = result.rewards
        if not self.scoring.simple:
            rewards = self.score(rewards, added, rows, terminations, truncations, ended, stepped)
        elif rewards is None:
            rewards = np.zeros(count)
        if self.recordings is not None and stepped:
            ends = (terminations & ~self.lost_life[rows]) | truncations
            self.recordings.finish(np.flatnonzero(ends).tolist())
        if len(self.states) > 1:
            added[START_STATE] = self.begun_in[rows].copy()
        observations = self.senses.observe(result, ids)
        present = None if stepped or begins is None else begins
        infos = self.infos(result.watches, added, count, present)
        return Outcome(observations, rewards, terminations, truncations, infos)

    def score(
        self,
        sums: NDArray[np.float64] | None,
        added: dict[str, Any],
        rows: Any,
        terminations: NDArray[np.bool_],
        truncations: NDArray[np.bool_],
        ended: Any,
        stepped: bool,
    ) -> NDArray[np.float64]:
        """Return the rewards of rows, and say in infos what else their sums mean."""
        score = self.scoring.score(sums, len(terminations))
        if score.players is not None:
            added[PLAYER_REWARDS] = score.players
        if score.unclipped is not None:
            added[UNCLIPPED_REWARD] = score.unclipped
        if score.over is not None:
            added[GAME_OVER] = over = score.over | ended
            if stepped:
                self.lost_life[rows] = terminations & ~over & ~truncations
        return score.rewards

    def infos(
        self,
        watches: Any,
        added: Mapping[str, NDArray[Any]],
        count: int,
        present: NDArray[np.bool_] | None,
    ) -> dict[str, Any]:
        """Return columns of what is known about each row, 0 in rows that are not `present`."""
        names = self.info_names
        masks = np.ones((len(names) + len(added), count), np.bool_)
        if present is not None:
            masks &= present
        infos: dict[str, Any] = {}
        if names:
            columns = watches.T[self.info_columns]
            if present is not None:
                columns = columns * present
            for name, column, mask in zip(names, columns, masks, strict=False):
                infos[name] = column
                infos[f"_{name}"] = mask
        for (name, column), mask in zip(added.items(), masks[len(names) :], strict=True):
            if present is not None:
                column[~present] = 0
            infos[name] = column
            infos[f"_{name}"] = mask
        return infos

    # Steps that are sent and received

    def send(self, actions: Any, ids: NDArray[np.int64], begins: NDArray[np.bool_]) -> None:
        """Let copies step in the background; those that begin go through their start."""
        if self.recordings is not None:
            raise MovieError("an env with record_to steps by step(), not by send() and recv()")
        inputs = self.pressed(actions, ids)
        if not begins.any():
            self.batch.send(inputs, self.spec.frame_skip, ids=ids)
            return
        frames = np.where(begins, self.lead_in[ids], self.spec.frame_skip)
        whole = self.led_in(begins, inputs, frames, self.goes_on[ids])
        self.previous[ids[begins]] = np.zeros((), self.previous.dtype)
        self.batch.send(whole, frames, ids=ids, begins=begins)

    def picture(self, index: int) -> NDArray[np.uint8]:
        """Return the last picture of a copy, RGB, in the one size of the game.

        Returns:
            (height, width, 3) uint8; black before the first one.
        """
        return self.fitted(self.batch[index].frame)

    def fitted(self, picture: NDArray[np.uint8] | None) -> NDArray[np.uint8]:
        """Return a picture in the one size of the game."""
        if self.picture_size is None:
            self.picture_size = played_size(self.spec)
        height, width, _ = self.picture_size
        if picture is None:
            return np.zeros((height, width, 3), np.uint8)
        return fitted(picture, height, width)

    def close(self) -> None:
        """Close the batch, and end all movies."""
        if self.recordings is not None:
            self.recordings.close()
        self.batch.close()


def _masks_by_frame(held: Sequence[Any]) -> NDArray[np.uint16]:
    """Return the masks of the first port in each frame of `EnvSpec.start`."""
    return np.array([mask for mask, frames in held for _ in range(frames)], np.uint16)


def frames_to_a_picture(contents: Any) -> int:
    """Return how many frames a machine that is put into a state runs until it has a picture."""
    return 0 if isinstance(contents, State) and contents.has_picture else 1


def _draw(place: Watch, generator: np.random.Generator) -> int:
    """Return random bits for a place in memory, within its mask."""
    bits = 8 * int(place.type[2])
    drawn = int(generator.integers((1 << bits) - 1, dtype=np.uint64, endpoint=True))
    return drawn if place.mask is None else drawn & place.mask
