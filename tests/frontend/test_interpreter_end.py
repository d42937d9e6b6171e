"""The interpreter ends quietly, whatever is open by then."""

from __future__ import annotations

import gc
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from child import run_child
from observe import BuildCore

from pylibretro import Core

ENDINGS = {
    "an open core": "core = Core('2048'); core.run()",
    "many open cores": "cores = [Core('2048') for _ in range(20)]",
    "views": "core = Core('2048'); keep = core.memory.system_ram, core.inputs, core.frame",
    "views of a closed core": "core = Core('2048'); keep = core.memory.system_ram; core.close()",
    "views in a module": "core = Core('2048'); os.keep = core.memory.system_ram; np.keep = core",
    "views in sys": "core = Core('2048'); sys.keep = core.memory.system_ram; core.close()",
    "views in builtins": (
        "import builtins; core = Core('2048'); builtins.keep = core.memory.system_ram"
    ),
    "a cycle": "core = Core('2048'); keep = [core, core.memory.system_ram]; keep.append(keep)",
    "a hook": "core = Core('2048', on_message=print); core.run()",
    "a core that was never opened": "core = Core.__new__(Core)",
    "a subclass with its own view": (
        "class Own(Core):\n"
        "    def __init__(self):\n"
        "        super().__init__('2048')\n"
        "        self.ram = self.memory.system_ram\n"
        "core = Own(); core.run()"
    ),
    "a thread that runs": (
        "core = Core('2048')\n"
        "threading.Thread(target=core.run, args=(10**12,), daemon=True).start()\n"
        "while core.frame_count < 100: time.sleep(0.01)"
    ),
    "threads that do everything": (
        "def work():\n"
        "    while True:\n"
        "        with Core('2048') as core:\n"
        "            for _ in range(20):\n"
        "                core.run(3); core.frame; core.load_state(core.save_state())\n"
        "            done.set()\n"
        "done = threading.Event()\n"
        "for _ in range(3): threading.Thread(target=work, daemon=True).start()\n"
        "done.wait()"
    ),
    "a thread that is waited for": (
        "core = Core('2048')\nthreading.Thread(target=core.run, args=(3000,)).start()"
    ),
    "sys.exit": "core = Core('2048'); core.run(); sys.exit(0)",
    "os._exit": "core = Core('2048'); core.run(); os._exit(0)",
    "in a generator": (
        "def steps():\n"
        "    with Core('2048') as core:\n"
        "        while True: yield core.run()\n"
        "play = steps(); next(play)"
    ),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_interpreter_ends_quietly_with(ending: str, tmp_path: Path) -> None:
    prelude = "import gc, os, sys, threading, time\nimport numpy as np\nfrom pylibretro import *\n"
    scratch = f"import tempfile; tempfile.tempdir = {str(tmp_path)!r}\n"
    assert run_child(ENDINGS[ending], prelude=prelude + scratch) == ""
    if "_exit" not in ending:
        assert list(tmp_path.iterdir()) == [], "nothing stays on the disk"


def test_the_interpreter_ends_quietly_in_development_mode(build_core: BuildCore) -> None:
    """Python's own checks of memory, unclosed files and warnings, all of them errors."""
    source = (
        "import sys\nfrom pylibretro import Core\n"
        "core = Core(sys.argv[1]); view = core.memory.system_ram; core.run(3); core.frame\n"
        "other = Core('2048'); other.run(3, inputs=[1, 2, 3])\n"
        "other.load_state(other.save_state()); other.close()\n"
    )
    child = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", source, str(build_core("threads"))],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (child.returncode, child.stdout, child.stderr) == (0, "", "")


def test_a_core_that_is_not_closed_does_not_warn() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        core = Core("2048")
        core.run()
        del core
        gc.collect()
