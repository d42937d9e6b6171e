"""The compiled module looks to people and tools like one written in Python, as its stub says."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
from pathlib import Path

import numpy as np
import pytest

import pylibretro
from pylibretro import (
    PORT_INPUT,
    Core,
    CoreSpec,
    Display,
    Host,
    Memory,
    Options,
    Peripherals,
    State,
)
from pylibretro.core_spec import OF_A_CORE_ALONE

PACKAGE = Path(pylibretro.__file__).parent
KINDS = {"Core": Core, "Memory": Memory, "Options": Options, "State": State}


def stub_classes(name: str = "_core.pyi") -> dict[str, ast.ClassDef]:
    stub = PACKAGE / name
    assert stub.is_file(), "the stub belongs into the package"
    tree = ast.parse(stub.read_text(encoding="utf-8"))
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}


def test_the_package_is_typed() -> None:
    assert (PACKAGE / "py.typed").is_file()


@pytest.mark.parametrize("name", KINDS)
def test_the_stub_has_every_name_and_no_other(name: str) -> None:
    stubbed = {node.name for node in stub_classes()[name].body if isinstance(node, ast.FunctionDef)}
    public = {member for member in dir(KINDS[name]) if not member.startswith("_")}
    assert {member for member in stubbed if not member.startswith("_")} == public


@pytest.mark.parametrize("name", KINDS)
def test_the_stub_has_every_parameter(name: str) -> None:
    compared = 0
    for node in stub_classes()[name].body:
        if not isinstance(node, ast.FunctionDef) or node.decorator_list or node.name[0] == "_":
            continue
        signature = inspect.signature(getattr(KINDS[name], node.name))
        arguments = node.args
        expected = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        names = [parameter.arg for parameter in expected]
        if arguments.kwarg is not None:
            names.append(arguments.kwarg.arg)
        assert list(signature.parameters) == names, node.name
        for parameter in arguments.kwonlyargs:
            kind = signature.parameters[parameter.arg].kind
            assert kind is inspect.Parameter.KEYWORD_ONLY, (node.name, parameter.arg)
        compared += 1
    assert compared >= {"Core": 15, "Memory": 2, "Options": 4, "State": 1}[name]


def test_the_constructor_tells_its_arguments() -> None:
    names = list(inspect.signature(Core).parameters)
    node = next(
        node
        for node in stub_classes()["Core"].body
        if isinstance(node, ast.FunctionDef) and node.name == "__init__"
    )
    assert names == [p.arg for p in (*node.args.args[1:], *node.args.kwonlyargs)]
    assert names[:2] == ["path", "content"]


def constructors(stub: str, kind: str) -> list[list[ast.arg]]:
    """The arguments of each `__init__` of a class of a stub."""
    return [
        [*node.args.args[1:], *node.args.kwonlyargs]
        for node in stub_classes(stub)[kind].body
        if isinstance(node, ast.FunctionDef) and node.name == "__init__"
    ]


def types_of(arguments: list[ast.arg]) -> dict[str, str]:
    return {each.arg: ast.unparse(each.annotation) for each in arguments if each.annotation}


def test_the_stub_lists_what_a_core_spec_has() -> None:
    expected = {field.name: str(field.type) for field in dataclasses.fields(CoreSpec)}
    assert list(expected)[:2] == ["path", "content"]
    expected["path"] += " | CoreSpec"
    (core,) = constructors("_core.pyi", "Core")
    assert types_of(core) == expected
    copies, _ = constructors("batch/_batch.pyi", "CoreBatch")
    others = {name: kind for name, kind in expected.items() if name not in OF_A_CORE_ALONE}
    types = types_of(copies)
    assert {name: types.get(name) for name in others} == others
    assert not types.keys() & OF_A_CORE_ALONE


def test_the_docstrings_describe_what_a_core_spec_has() -> None:
    names = [field.name for field in dataclasses.fields(CoreSpec)]
    for kind in (Core, CoreSpec):
        described = (inspect.getdoc(kind) or "").partition("Args:\n")[2].partition("\n\n")[0]
        assert re.findall(r"^ {4}(\w+): ", described, re.MULTILINE) == names, kind
    text = inspect.getdoc(CoreSpec) or ""
    for name, group in (("host", Host), ("display", Display), ("peripherals", Peripherals)):
        fields = [field.name for field in dataclasses.fields(group)]
        listed = re.search(rf"^ {{4}}{name}: [^:]*: ([^.]*)\.", text, re.MULTILINE)
        assert listed is not None
        assert listed[1].replace(",", "").split() == fields
        told = (inspect.getdoc(group) or "").partition("Args:\n")[2].partition("\n\n")[0]
        alone = re.findall(r"^ {4}([\w, ]+): ", told, re.MULTILINE)
        assert ", ".join(alone).split(", ") == fields


def test_arrays_have_the_documented_types_and_shapes() -> None:
    with Core("2048") as core:
        assert core.frame is None
        assert core.raw_frame is None
        core.run(2)
        captured = core.capture(4, every=2, audio=True, watch={"a": (0, "|u1"), "b": (1, "<u2")})
        floats = core.capture(2, watch=[(0, "<f4")])
        height, width = core.geometry.base_height, core.geometry.base_width
        expected = [
            (core.frame, np.uint8, (height, width, 3)),
            (core.raw_frame, np.uint32, (height, width)),
            (core.audio, np.int16, (None, 2)),
            (core.inputs, PORT_INPUT, (16,)),
            (core.rumble, np.uint16, (16, 2)),
            (core.memory.system_ram, np.uint8, (None,)),
            (core.memory.rtc, np.uint8, (0,)),
            (captured.frames, np.uint8, (2, height, width, 3)),
            (captured.audio, np.int16, (None, 2)),
            (captured.audio_offsets, np.int64, (3,)),
            (captured.watch, np.int64, (2, 2)),
            (floats.watch, np.float64, (2, 1)),
        ]
        for number, (array, dtype, shape) in enumerate(expected):
            assert type(array) is np.ndarray, number
            assert array.dtype == dtype, number
            assert len(array.shape) == len(shape), number
            assert all(want in (None, have) for want, have in zip(shape, array.shape, strict=True))
            assert array.flags.c_contiguous, number
            assert array.flags.writeable, number
        assert captured.sizes is None
        assert floats.audio is None
        assert type(core.save_state()) is bytes
        assert type(core.frame_count) is int
        assert type(core.run()) is int
        assert type(core.closed) is bool
        assert type(core.memory.read(0)) is int
        assert type(core.memory.read(0, "<f4")) is float


@pytest.mark.parametrize("field", PORT_INPUT.names or ())
def test_each_field_of_the_input_can_be_set(field: str) -> None:
    with Core("2048") as core:
        assert not core.inputs[field].any()
        core.inputs[field] = 1
        assert (core.inputs[field] == 1).all()
        others = [name for name in PORT_INPUT.names or () if name != field]
        assert not any(core.inputs[name].any() for name in others)
