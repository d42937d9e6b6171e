"""What a core does that the machine forbids ends the call into it, and nothing else.

Each fault is tried in a process of its own, which has to come to a good end: what could not be
contained, ends it with a message that names the core.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from child import PRELUDE, run_child
from observe import BuildCore, OpenCore

from pylibretro import Core, CoreBatch, CoreSpec
from pylibretro.error import CoreCrashedError, CoreCrashWarning, CoreTimeoutError

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals for faults")
pytestmark = posix

CALLS = {
    "init": "retro_init",
    "load": "retro_load_game",
    "run": "retro_run",
    "later": "retro_run",
    "reset": "retro_reset",
    "size": "retro_serialize_size",
    "serialize": "retro_serialize",
    "unserialize": "retro_unserialize",
    "unload": "retro_unload_game",
    "deinit": "retro_deinit",
}
CONTAINED = {
    "null write": "SIGSEGV at address 0x0, in write_to_nothing",
    "null call": "SIGSEGV at address 0x0, in code that is of no library",
    "memcpy": "SIGSEGV at address 0x40",
    "snprintf": "SIGSEGV at address 0x8",
    "recursion": "SIGSEGV at address 0x",
    "alloca": "SIGSEGV at address 0x",
    "divide": "SIGFPE",
    "illegal": "SIG(ILL|TRAP)",
    "bus": "SIGBUS at address 0x",
    "video pointer": "SIGSEGV at address 0x1000",
    "abort": "abort",
    "exit": r"exit\(3\)",
    "_exit": r"_exit\(3\)",
    "quick_exit": r"quick_exit\(4\)",
    "throw": "std::runtime_error: thrown",
    "terminate": r"raise\(15\), which is Terminated",
    "smash": "",
    "pthread_exit": "pthread_exit, in a thread that is not the core's",
}
OUTSIDE_OF_THREADS = ("null write", "divide", "recursion", "memcpy")
IN_THREADS = ("abort", "exit", "_exit", "quick_exit", "throw", "terminate")

PLAY = """
import warnings
how, where, thread = sys.argv[2:5]
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    try:
        core = None
        core = Core(sys.argv[1], options={"how": how, "where": where, "thread": thread}, timeout=30)
        core.run(120)
        core.reset()
        core.load_state(core.save_state())
    except CoreCrashedError as error:
        print(error.call, error, sep=" : ", flush=True)
        assert "about to fail" in error.log[-1], error.log
        assert (error.signal is None) == ("SIG" not in str(error)), error.signal
    if core is not None:
        core.close()
    for warning in told:
        print(warning.message, flush=True)
with Core("2048") as other:
    print(other.run(3))
    other.load_state(other.save_state())
"""


def play(path: Path, how: str, where: str, *, thread: bool = False) -> str:
    return run_child(PLAY, path, how, where, "yes" if thread else "no")


@pytest.mark.parametrize("where", CALLS)
@pytest.mark.parametrize("how", CONTAINED)
def test_a_fault_ends_the_core_and_nothing_else(
    build_core: BuildCore, how: str, where: str
) -> None:
    if how == "video pointer" and where in ("init", "load"):
        pytest.skip("a core has nowhere to send a picture to yet")
    printed = play(build_core("broken"), how, where).splitlines()
    assert printed[-1] == "3"
    assert len(printed) == 2, printed
    assert re.search(CONTAINED[how], printed[0]), printed
    assert CALLS[where] in printed[0], printed
    if where in ("unload", "deinit"):
        assert printed[0].startswith("while it was being closed, broken"), printed
    else:
        assert printed[0].startswith(f"{CALLS[where]} : broken"), printed


@pytest.mark.parametrize("how", IN_THREADS)
def test_what_ends_a_thread_of_the_cores_own_ends_the_core(build_core: BuildCore, how: str) -> None:
    printed = play(build_core("broken"), how, "run", thread=True).splitlines()
    assert printed[-1] == "3"
    assert "in a thread of its own, in retro_run" in printed[0]


def uncontained(path: Path, how: str, *, thread: bool, arguments: str = "") -> tuple[int, str]:
    options = {"how": how, "where": "run", "thread": "yes" if thread else "no"}
    script = f"Core({str(path)!r}, options={options!r}{arguments}).run(5)\nprint('no')"
    child = subprocess.run(
        [sys.executable, "-c", PRELUDE + script],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=Path.cwd(),
    )
    assert child.stdout == ""
    return child.returncode, child.stderr


@pytest.mark.parametrize("how", OUTSIDE_OF_THREADS)
def test_a_fault_in_a_thread_of_the_cores_own_names_the_core(
    build_core: BuildCore, how: str
) -> None:
    path = build_core("broken")
    status, said = uncontained(path, how, thread=True)
    assert -status == (signal.SIGFPE if how == "divide" else signal.SIGSEGV)
    assert f"the core {path} ends this process: SIG" in said
    assert "it was in a thread of the core's own" in said


def test_a_fault_inside_of_the_allocator_names_the_core(build_core: BuildCore) -> None:
    path = build_core("broken")
    status, said = uncontained(path, "double free", thread=False)
    assert -status == signal.SIGABRT
    assert f"the core {path} ends this process: SIGABRT" in said
    assert "all of the process takes its memory from there" in said


def test_faults_are_not_contained_where_that_is_not_wanted(build_core: BuildCore) -> None:
    status, _ = uncontained(
        build_core("broken"), "null write", thread=False, arguments=", contain_faults=False"
    )
    assert -status == signal.SIGSEGV


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
def test_other_handlers_get_what_is_not_a_cores(build_core: BuildCore, late: bool) -> None:
    """Python's own report of a crash is still made for Python's own crashes."""
    script = f"""
import ctypes, faulthandler
{"" if late else "faulthandler.enable()"}
core = Core({str(build_core("broken"))!r}, options={{"how": "null write", "where": "run"}})
{"faulthandler.enable()" if late else ""}
try:
    core.run()
except CoreCrashedError:
    print("contained", flush=True)
core.close()
ctypes.string_at(0)
"""
    child = subprocess.run(
        [sys.executable, "-c", PRELUDE + script],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=Path.cwd(),
    )
    assert child.stdout == "contained\n"
    assert -child.returncode == signal.SIGSEGV
    assert "Fatal Python error: Segmentation fault" in child.stderr
    # Enabled after a Core was opened, it comes first, and reports one crash only.
    assert late or "string_at" in child.stderr


def test_the_error_says_where_it_happened(open_core: OpenCore) -> None:
    core = open_core("broken", options={"how": "null write", "where": "later"})
    core.run(99)
    with pytest.raises(CoreCrashedError) as crash:
        core.run()
    error = crash.value
    assert error.call == "retro_run"
    assert error.signal is signal.SIGSEGV
    assert error.address == 0
    assert error.function == "write_to_nothing"
    assert error.command == "GET_VARIABLE"
    assert error.log == ("about to fail in later",)
    with pytest.raises(CoreCrashedError, match="crashed before and can only be closed"):
        core.run()


def test_one_crash_of_a_batch_leaves_the_others_exact(build_core: BuildCore) -> None:
    path = build_core("broken")
    specs = [
        {"how": "null write", "where": "later" if index == 3 else "nowhere"} for index in range(8)
    ]
    with CoreBatch([CoreSpec(path, options=options) for options in specs], threads=2) as batch:
        with pytest.raises(CoreCrashedError, match="SIGSEGV"):
            batch.run(120)
        for index, core in enumerate(batch):
            if index != 3:
                assert core.memory.system_ram.view("<u4")[0] == 120
                core.run()


def test_crashes_leave_nothing_behind(build_core: BuildCore) -> None:
    printed = run_child(
        """
import resource
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
def mappings():
    return len(open("/proc/self/maps").readlines())
counts = []
for number in range(300):
    how = ("null write", "abort", "throw", "exit")[number % 4]
    core = Core(sys.argv[1], options={"how": how, "where": "run"})
    try:
        core.run()
        print("no crash")
    except CoreCrashedError:
        pass
    core.close()
    del core
    gc.collect()
    counts.append((mappings(), len(os.listdir("/proc/self/fd"))))
print(counts[-1][0] - counts[50][0] < 4, counts[-1][1] - counts[50][1])
""",
        build_core("broken"),
    )
    assert printed == "True 0\n"


@pytest.mark.parametrize("how", ["hang", "wait", "lock"])
@pytest.mark.parametrize("where", ["load", "run", "serialize", "deinit"])
def test_a_call_that_does_not_come_back_is_left_in_time(
    build_core: BuildCore, how: str, where: str
) -> None:
    options = {"how": how, "where": where}
    expected = f"broken did not come back from {CALLS[where]} within 0.2 seconds"
    if where == "deinit":
        core = Core(build_core("broken"), options=options, timeout=0.2)
        with pytest.warns(CoreCrashWarning, match=expected):
            core.close()
        return
    path = build_core("broken")
    if where == "load":
        with pytest.raises(CoreTimeoutError, match=expected) as late:
            Core(path, options=options, timeout=0.2)
    else:
        with Core(path, options=options, timeout=0.2) as core:
            call = core.run if where == "run" else core.save_state
            with pytest.raises(CoreTimeoutError, match=expected) as late:
                call()
    assert late.value.call == CALLS[where]
    with Core("2048", timeout=0.2) as other:
        assert other.run(1000) == 1000


def test_a_batch_says_which_core_does_not_come_back(build_core: BuildCore) -> None:
    specs = [
        CoreSpec(build_core("broken"), options={"how": "hang", "where": where}, timeout=0.3)
        for where in ("nowhere", "later", "nowhere")
    ]
    with CoreBatch(specs, threads=2) as batch:
        with pytest.raises(CoreTimeoutError, match="did not come back from retro_run"):
            batch.run(120)
        assert batch[0].run() == batch[2].run() == 1


@pytest.mark.parametrize("call", ["core.run()", "core.run(5)", "core.save_state()", "batch.run(5)"])
def test_ctrl_c_twice_leaves_a_call_that_hangs(build_core: BuildCore, call: str) -> None:
    script = f"""
where = "serialize" if "save" in {call!r} else "run"
options = {{"how": "hang", "where": where}}
core = Core(sys.argv[1], options=options)
batch = CoreBatch([core.spec, core.spec], threads=2)
def press():
    for wait in (1, 1):
        time.sleep(wait)
        os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=press, daemon=True).start()
try:
    {call}
    print("came back")
except KeyboardInterrupt:
    print("interrupted")
except CoreCrashedError as error:
    print("crashed", error)
core.close()
try:
    batch.close()
except LibretroError as error:
    print(error)
with Core("2048") as other:
    print(other.run(3))
"""
    printed = run_child(script, build_core("broken"), timeout=60)
    assert printed == "interrupted\n3\n"


@pytest.mark.parametrize("limit", ["timeout=0.1", ""], ids=["in time", "by key"])
def test_a_call_that_cannot_be_left_is_named(build_core: BuildCore, limit: str) -> None:
    """In a lock of the C library that others may wait for."""
    path = build_core("broken")
    script = f"""
def press():
    while True:
        time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGINT)
if not {limit!r}:
    threading.Thread(target=press, daemon=True).start()
Core({str(path)!r}, options={{"how": "stream lock", "where": "run"}}, {limit}).run()
"""
    with subprocess.Popen(
        [sys.executable, "-c", PRELUDE + script], stderr=subprocess.PIPE, text=True, cwd=Path.cwd()
    ) as child:
        assert child.stderr is not None
        said = child.stderr.readline()
        child.kill()
    assert said.startswith(f"pylibretro: the core {path} does not come back, and cannot be left ")
    assert said.endswith("flockfile, which may have locked what others use.\n")
