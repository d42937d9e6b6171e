"""What a core asks of the whole process is answered for it alone, or refused."""

from __future__ import annotations

import os
import resource
import signal
import sys
import threading
import time
from pathlib import Path

import pytest
from child import run_child
from observe import BuildCore, OpenCore, notes, words

from pylibretro import Core, CoreBatch

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="cores are told so on Linux")


def told(core: Core) -> dict[str, str]:
    core.run()
    return dict(line.partition("=")[::2] for line in notes(core) if line)


def test_no_process_is_begun_signalled_or_waited_for(open_core: OpenCore) -> None:
    before = set(os.listdir("/proc/self/task"))
    answers = told(open_core("process", b"processes"))
    refused = ("fork", "vfork", "execv", "system", "popen", "kill", "setsid", "setitimer")
    for name in refused:
        assert answers[name] == "-1 Operation not permitted", name
    assert answers["waitpid"] == "-1 No child processes"
    assert answers["kill 0"].startswith("0")
    assert answers["raise SIGCHLD"].startswith("0")
    assert answers["alarm"] == "0"
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert set(os.listdir("/proc/self/task")) == before


def test_limits_of_the_process_stay(open_core: OpenCore) -> None:
    before = (
        resource.getrlimit(resource.RLIMIT_NOFILE),
        os.getpriority(os.PRIO_PROCESS, 0),
        os.sched_getaffinity(0),
    )
    answers = told(open_core("process", b"limits"))
    assert all(answer.startswith("0") for answer in answers.values()), answers
    after = (
        resource.getrlimit(resource.RLIMIT_NOFILE),
        os.getpriority(os.PRIO_PROCESS, 0),
        os.sched_getaffinity(0),
    )
    assert after == before


def test_a_core_has_a_working_directory_and_a_mask_of_its_own(open_core: OpenCore) -> None:
    directory = Path.cwd()
    mask = os.umask(0o22)
    os.umask(mask)
    core = open_core("process", b"places")
    answers = told(core)
    assert int(answers["umask before"], 8) == mask
    assert answers["umask after"] == "77"
    assert answers["cwd"] == os.path.realpath("/tmp/pylibretro-scratch-process")
    for name in ("mkdir", "chdir", "fopen", "stat", "access", "unlink", "rmdir"):
        assert answers[name].startswith("0"), (name, answers[name])
    assert Path.cwd() == directory
    again = os.umask(mask)
    assert again == mask
    core.close()
    assert any("a working directory of its own" in line.text for line in core.log)


def test_a_core_has_an_environment_of_its_own(open_core: OpenCore) -> None:
    path = os.environ["PATH"]
    core = open_core("process", b"environment")
    answers = told(core)
    assert answers == {
        "put": "put",
        "set": "set",
        "path": "(null)",
        "home": "there",
        "cleared": "gone",
        "again": "again",
    }
    other = open_core("process", b"")
    other.run()
    core.close()
    assert os.environ["PATH"] == path
    environ = Path("/proc/self/environ").read_bytes()
    assert b"BY_A_CORE" not in environ


def test_a_text_that_putenv_got_goes_with_the_core(build_core: BuildCore) -> None:
    printed = run_child(
        """
import ctypes
core = Core(sys.argv[1], b"environment")
core.run()
core.close()
libc = ctypes.CDLL(None)
libc.getenv.restype = ctypes.c_char_p
print(libc.getenv(b"PUT_BY_A_CORE"), libc.getenv(b"PATH") is not None)
""",
        build_core("process"),
    )
    assert printed == "None True\n"


def test_a_core_closes_only_what_it_has_opened(build_core: BuildCore) -> None:
    printed = run_child(
        """
before = sorted(os.listdir("/proc/self/fd"))
core = Core(sys.argv[1], b"descriptors")
core.run()
for line in bytes(core.memory.video_ram).rstrip(b"\\0").decode().splitlines():
    print(line)
core.close()
print(sorted(os.listdir("/proc/self/fd")) == before)
print([line.text for line in core.log if "open:" in line.text])
print("still here", file=sys.stderr if False else sys.stdout)
""",
        build_core("process"),
    )
    lines = printed.splitlines()
    assert [line for line in lines if line.startswith("own close")] == ["own close=0 "] * 3
    assert "closed=0" in lines
    assert "dup2=-1 Bad file descriptor" in lines
    assert "fclose=-1 Bad file descriptor" in lines
    assert "freopen=refused" in lines
    assert lines[-3:] == [
        "True",
        "['the core ends and leaves 1 files open: they are closed with it']",
        "still here",
    ]


def test_what_a_core_prints_is_logged(build_core: BuildCore) -> None:
    printed = run_child(
        """
with Core(sys.argv[1], b"streams") as core:
    core.run()
    for line in core.log:
        print(line.text)
""",
        build_core("process"),
    )
    said = [line for line in printed.splitlines() if line.startswith("said")]
    assert said == [
        "said by fprintf",
        "said by fputs",
        "said in two pieces",
        "said by fwrite",
        "said by write",
        "said by perror: Operation not permitted",
    ] or said[:5] == [
        "said by fprintf",
        "said by fputs",
        "said in two pieces",
        "said by fwrite",
        "said by write",
    ]


def in_another_thread(function: object) -> None:
    thread = threading.Thread(target=function)  # type: ignore[arg-type]
    thread.start()
    thread.join()


def test_what_a_core_keeps_of_its_thread_is_kept_for_it(open_core: OpenCore) -> None:
    core = open_core("process", b"")
    core.run()
    for _ in range(3):
        in_another_thread(core.run)
    core.run()
    assert list(words(core)[:5]) == [5, 105, 1, 1, 1]


def test_so_it_is_in_a_batch(build_core: BuildCore) -> None:
    with CoreBatch(build_core("process"), b"", count=5, threads=2) as batch:
        for _ in range(10):
            batch.run(3)
        for core in batch:
            assert list(words(core)[:5]) == [30, 130, 1, 1, 1]


def test_other_threads_keep_their_floating_point_mode(open_core: OpenCore) -> None:
    core = open_core("process", b"")
    core.run(3)
    assert 1e-308 / 16 > 0
    assert 0.1 + 0.2 == 0.30000000000000004


def test_thread_local_objects_and_atexit_end_with_the_core(open_core: OpenCore) -> None:
    core = open_core("process", b"")
    core.run()
    in_another_thread(core.run)
    core.close()
    said = [line.text for line in core.log]
    assert said == ["thread_local says goodbye", "atexit was called"]
    maps = Path("/proc/self/maps").read_text()
    assert "process_libretro" not in maps


def test_a_thread_that_outlives_the_core_keeps_its_library(open_core: OpenCore) -> None:
    core = open_core("process", b"thread")
    core.run()
    core.close()
    assert "threads of its own still run" in core.log[-1].text
    time.sleep(0.05)  # the thread runs on in code that is still there
    with Core("2048") as other:
        other.run(3)


def test_a_library_goes_when_its_last_thread_has_ended(build_core: BuildCore) -> None:
    printed = run_child(
        """
def mapped():
    return "process_libretro" in open("/proc/self/maps").read()
before = len(os.listdir("/proc/self/task"))
core = Core(sys.argv[1], b"late thread")
core.run()
core.close()
del core
gc.collect()
print(mapped())
while len(os.listdir("/proc/self/task")) > before:
    time.sleep(0.01)
Core("2048").close()
print(mapped())
""",
        build_core("process"),
        timeout=60,
    )
    assert printed == "True\nFalse\n"
