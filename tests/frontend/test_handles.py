"""Handles that lead to a Core or to memory: nobody gets one that leads nowhere."""

from __future__ import annotations

import pytest
from child import run_child

from pylibretro import _core

HANDLES = [
    "Block",
    "Camera",
    "CoreBuffer",
    "Detours",
    "Entry",
    "Location",
    "Microphone",
    "NetpacketPort",
    "Procedure",
    "State",
]


@pytest.mark.parametrize("name", HANDLES)
def test_a_handle_is_not_made_by_hand(name: str) -> None:
    kind = getattr(_core, name)
    with pytest.raises(TypeError, match=f"{name}.* made|{name} is got"):
        kind()
    with pytest.raises(TypeError, match=f"{name}.* made|{name} is got"):
        kind.__new__(kind)
    with pytest.raises(TypeError, match="not safe"):
        object.__new__(kind)


EVERY_TYPE = """
from pylibretro import _core
from pylibretro.batch import _batch

def use(thing):
    for name in dir(type(thing)):
        if name in ("__class__", "__new__", "__init_subclass__", "__subclasshook__"):
            continue
        try:
            found = getattr(thing, name)
            if callable(found):
                found()
        except Exception:
            pass

for module in (_core, _batch):
    for name, kind in sorted(vars(module).items()):
        if isinstance(kind, type) and kind.__module__ == module.__name__:
            try:
                thing = kind.__new__(kind)
            except TypeError:
                continue
            print(name, flush=True)
            use(thing)
            del thing
print("all")
"""


def test_an_object_that_was_never_initialised_may_be_used() -> None:
    assert run_child(EVERY_TYPE).split()[-1] == "all"
