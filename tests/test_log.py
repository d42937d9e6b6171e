"""The core's log and its messages for the player."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable

import pytest
from observe import OpenCore, present, words

from pylibretro import Core
from pylibretro.messages import Message

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
