"""The core's log and its messages for the player."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable

import pytest
from observe import OpenCore, content_of, present, words

from pylibretro import Core, MessageTarget, MessageType
from pylibretro.frontend.messages import Message

CONVERSIONS, LONG_MESSAGE, MANY_THREADS, MANY_LINES, AT_DEINIT, ODD_MESSAGES, LEVELS = range(7)


LogOf = Callable[[int], tuple[Core, pytest.LogCaptureFixture]]


@pytest.fixture
def log_of(open_core: OpenCore, caplog: pytest.LogCaptureFixture) -> LogOf:
    """Run the log core for a frame in one of its modes, and return what Python's logging got."""

    def run(mode: int, frames: int = 1) -> tuple[Core, pytest.LogCaptureFixture]:
        caplog.set_level(logging.DEBUG, "pylibretro")
        core = open_core("log", bytes([mode]))
        caplog.clear()
        core.run(frames)
        return core, caplog

    return run


@pytest.mark.environment("GET_LOG_INTERFACE", "`core.log`, and Python's logging")
def test_all_conversions(log_of: LogOf) -> None:
    core, caplog = log_of(CONVERSIONS)
    assert caplog.messages == [
        "text|-1|4000000000|ff|c|%|   42|42   |00042",
        "1.500000|3.142|0.0001|1.234568e+04|2.250000",
        f"-1234567890123|{2**64 - 1}|7|-3|-5|last of many arguments",
        "prec|     9|abc",
    ]
    assert {record.name for record in caplog.records} == {f"pylibretro.{core.name}"}


def test_levels(log_of: LogOf) -> None:
    core, caplog = log_of(LEVELS)
    assert [(record.levelname, record.message) for record in caplog.records] == [
        ("DEBUG", "debug"),
        ("INFO", "info"),
        ("WARNING", "warn"),
        ("ERROR", "error"),
    ]
    assert [line.text for line in core.log[-4:]] == ["debug", "info", "warn", "error"]
    assert [line.level for line in core.log[-4:]] == [
        logging.DEBUG,
        logging.INFO,
        logging.WARNING,
        logging.ERROR,
    ]


def test_a_long_message_is_cut_safely_at_most(log_of: LogOf) -> None:
    _, caplog = log_of(LONG_MESSAGE)
    long, after = caplog.messages
    assert re.fullmatch("x{4000,10240}", long.removesuffix("..."))
    assert after == "after the long one"


@pytest.mark.environment("GET_LOG_INTERFACE")
def test_lines_of_four_threads_are_whole_and_complete(log_of: LogOf) -> None:
    _, caplog = log_of(MANY_THREADS)
    expected = Counter(
        f"thread {thread} line {line} of a thousand, told by its own thread"
        for thread in range(4)
        for line in range(1000)
    )
    assert Counter(caplog.messages) == expected
    for thread in range(4):
        own = [line for line in caplog.messages if line.startswith(f"thread {thread} ")]
        assert [int(line.split()[3]) for line in own] == list(range(1000))


def test_a_flood_is_bounded_and_what_is_lost_is_told(log_of: LogOf) -> None:
    core, caplog = log_of(MANY_LINES)
    told = [line for line in caplog.messages if "line " in line and "dropped" not in line]
    numbers = [int(line.split()[1]) for line in told if re.fullmatch(r"line \d+", line)]
    assert numbers == sorted(numbers)
    if len(numbers) < 100_000:
        dropped = int(present(re.search(r"(\d+) lines .*dropped", caplog.text))[1])
        assert len(numbers) + dropped == 100_000
    assert len(core.log) <= 10_000


def test_odd_messages(log_of: LogOf) -> None:
    _, caplog = log_of(ODD_MESSAGES)
    text = "\n".join(caplog.messages)
    assert "no newline" in text
    assert "two\nlines" in text
    assert "\ufffd\ufffd not UTF-8" in text
    assert "100% of %s stays" in text
    assert "level 99" in text
    assert all(not message.endswith("\n") for message in caplog.messages)


def test_what_a_core_says_before_and_after_content(
    open_core: OpenCore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "pylibretro")
    core = open_core("log", bytes([AT_DEINIT]))
    assert "set_environment" in caplog.messages
    core.close()
    assert "deinit says goodbye" in caplog.messages


def test_log_of_two_cores_is_not_mixed(open_core: OpenCore) -> None:
    first, second = open_core("log", bytes([LEVELS])), open_core("log", bytes([CONVERSIONS]))
    first.run()
    second.run()
    assert [line.text for line in first.log][-1] == "error"
    assert [line.text for line in second.log][-1].startswith("prec|")


def test_an_error_in_a_handler_arrives_after_the_frame(open_core: OpenCore) -> None:
    class Refusing(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise RuntimeError(f"cannot store {record.getMessage()}")

    core = open_core("log", bytes([LEVELS]))
    logger = logging.getLogger(f"pylibretro.{core.name}")
    handler = Refusing()
    logger.addHandler(handler)
    logger.setLevel(logging.WARNING)
    try:
        with pytest.raises(RuntimeError, match="cannot store warn"):
            core.run()
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)
    assert core.frame_count == 1
    assert core.frame is not None
    assert core.run() == 1


@pytest.mark.environment("SET_MESSAGE", "`core.messages`, `on_message=`")
@pytest.mark.environment("SET_MESSAGE_EXT", "`core.messages`, `on_message=`")
def test_messages_of_both_interfaces(open_core: OpenCore) -> None:
    heard: list[Message] = []
    core = open_core("messages", on_message=heard.append)
    core.run(2)
    assert [(said.text, said.duration, said.unit) for said in core.messages] == [
        ("old message 1", 120, "frames"),
        ("new message 1", 3000, "milliseconds"),
        ("old message 2", 120, "frames"),
        ("new message 2", 3000, "milliseconds"),
    ]
    said = core.messages[1]
    assert (said.priority, said.level, said.progress) == (7, logging.WARNING, 42)
    assert heard == core.messages
    assert words(core)[:4] == [1, 1, 1, 1], "both are understood, in version 1"


def test_an_error_in_the_message_hook_arrives_after_the_frame(open_core: OpenCore) -> None:
    def refuse(message: Message) -> None:
        raise ValueError(message.text)

    core = open_core("messages", on_message=refuse)
    with pytest.raises(ValueError, match="old message 1"):
        core.run()
    assert core.frame_count == 1
    assert len(core.messages) == 2


def shown(open_core: OpenCore, *fields: tuple[int, ...]) -> Core:
    """A core that has shown messages of these durations, priorities, levels, targets, ..."""
    numbers = [number & 0xFFFFFFFF for message in fields for number in message]
    core = open_core("message_fields", content_of(*numbers))
    core.run()
    assert words(core)[0] == len(fields), "all were taken"
    return core


@pytest.mark.environment("SET_MESSAGE_EXT")
@pytest.mark.parametrize(
    ("level", "name"),
    [(0, logging.DEBUG), (1, logging.INFO), (2, logging.WARNING), (3, logging.ERROR)],
)
@pytest.mark.parametrize("kind", MessageType)
def test_every_field_of_a_message(
    open_core: OpenCore, level: int, name: int, kind: MessageType
) -> None:
    fields = (0xFFFFFFFF, 0xFFFFFFFE, level, MessageTarget.OSD, kind, -1)
    (said,) = shown(open_core, fields).messages
    assert said == Message(
        "message 0", 0xFFFFFFFF, "milliseconds", 0xFFFFFFFE, name, MessageTarget.OSD, kind, -1
    )


def test_a_progress_goes_from_0_to_100_and_may_be_unknown(open_core: OpenCore) -> None:
    steps = [-1, *range(101)]
    fields = [(500, 1, 1, MessageTarget.OSD, MessageType.PROGRESS, step) for step in steps]
    assert [said.progress for said in shown(open_core, *fields).messages] == steps


def test_a_status_may_be_repeated(open_core: OpenCore) -> None:
    """Each is handed on: whoever shows them shows the last of one priority."""
    status = (0, 5, 1, MessageTarget.OSD, MessageType.STATUS, -1)
    said = shown(open_core, status, status, status).messages
    assert [message.text for message in said] == ["message 0", "message 1", "message 2"]
    assert {message[1:] for message in said} == {said[0][1:]}


@pytest.mark.environment("SET_MESSAGE_EXT", "`core.log` for those whose target it is")
def test_the_target_says_which_messages_go_to_the_log(
    open_core: OpenCore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "pylibretro")
    targets = (MessageTarget.ALL, MessageTarget.OSD, MessageTarget.LOG)
    core = shown(open_core, *[(60, 0, 2, target, 0, -1) for target in targets])
    assert [line.text for line in core.log] == ["message 0", "message 2"]
    assert {line.level for line in core.log} == {logging.WARNING}
    assert caplog.messages == ["message 0", "message 2"]
    assert [said.target for said in core.messages] == list(targets)


def test_messages_of_the_old_interface_are_no_lines_of_the_log(open_core: OpenCore) -> None:
    core = open_core("messages")
    core.run()
    assert [line.text for line in core.log] == ["new message 1"]
