"""Functions that a core offers beside libretro's: found by name, called safely."""

from __future__ import annotations

import ctypes
from ctypes import (
    CFUNCTYPE,
    POINTER,
    c_bool,
    c_char_p,
    c_double,
    c_float,
    c_int,
    c_int8,
    c_int16,
    c_int64,
    c_longdouble,
    c_uint,
    c_uint64,
    c_void_p,
)
from typing import Any

import pytest
from observe import OpenCore, words

from pylibretro import ClosedError, Core, CoreBusyError, CoreCrashedError, LibretroError, Procedure


@pytest.fixture
def core(open_core: OpenCore) -> Core:
    return open_core("procedures")


@pytest.mark.environment(
    "SET_PROC_ADDRESS_CALLBACK",
    "`core.proc_address` and `core.procedure`, which calls what it finds",
)
def test_the_core_is_told_that_its_functions_are_welcome(core: Core) -> None:
    assert words(core)[2] == 1


def test_addresses(core: Core) -> None:
    address = core.proc_address("add")
    assert isinstance(address, int)
    assert address > 0
    assert core.proc_address("half") not in (address, None)
    assert core.proc_address("subtract") is None
    assert CFUNCTYPE(c_int, c_int, c_int)(address)(3, 4) == 7


def test_a_core_that_offers_no_functions(open_core: OpenCore) -> None:
    core = open_core("procedures", bytes([1]))
    assert core.proc_address("add") is None
    with pytest.raises(LibretroError, match="offers none at all"):
        core.procedure("add", CFUNCTYPE(c_int, c_int, c_int))


class Shape(ctypes.Structure):
    _fields_ = [("width", c_int), ("height", c_int)]


class Height(c_int):
    pass


@pytest.mark.parametrize(
    ("name", "prototype", "arguments", "result"),
    [
        ("add", CFUNCTYPE(c_int, c_int, c_int), (3, -5), -2),
        ("add", CFUNCTYPE(c_int, c_int, c_int), (c_int(3), 1 << 31), 3 - (1 << 31)),
        ("add", CFUNCTYPE(None, c_int, c_int), (3, 4), None),
        ("scale", CFUNCTYPE(c_double, c_float, c_double), (1.5, -0.1), 1.5 * -0.1),
        ("half", CFUNCTYPE(c_float, c_float), (3.0,), 1.5),
        ("half", CFUNCTYPE(c_float, c_float), (3,), 1.5),
        (
            "mixed",
            CFUNCTYPE(c_double, c_int8, c_float, c_uint64, c_double, c_int16, c_float),
            (-1, 2.0, 3, 4.0, -5, 6.0),
            -1 + 20 + 300 + 4000 - 50000 + 600000.0,
        ),
        (
            "six",
            CFUNCTYPE(c_int64, *[c_int64] * 6),
            (1, 2, 3, 4, 5, -(1 << 40)),
            54321 - 100000 * (1 << 40),
        ),
        ("greeting", CFUNCTYPE(c_char_p), (), b"hello"),
        ("length", CFUNCTYPE(c_uint, c_char_p), (b"four",), 4),
        ("length", CFUNCTYPE(c_uint, c_char_p), (None,), 99),
        ("length", CFUNCTYPE(c_uint, c_void_p), (ctypes.create_string_buffer(b"seven.."),), 7),
        ("is_negative", CFUNCTYPE(c_bool, c_int8), (-1,), True),
        ("is_negative", CFUNCTYPE(c_bool, c_int8), (127,), False),
    ],
)
def test_arguments_and_results(
    core: Core, name: str, prototype: Any, arguments: tuple[Any, ...], result: Any
) -> None:
    returned = core.procedure(name, prototype)(*arguments)
    assert returned == result
    assert type(returned) is type(result)


def test_memory_of_ours_is_written_by_the_core(core: Core) -> None:
    numbers = (c_int * 4)()
    store = core.procedure("store", CFUNCTYPE(None, POINTER(c_int), c_uint))
    store(numbers, 3)
    assert list(numbers) == [1, 2, 3, 0]
    one = c_int()
    store(ctypes.byref(one), 1)
    assert one.value == 1
    store(ctypes.pointer(one), 0)


def test_pointers_and_types_of_ones_own_are_returned_as_they_are(core: Core) -> None:
    text = core.procedure("greeting", CFUNCTYPE(POINTER(ctypes.c_char)))()
    assert ctypes.string_at(text) == b"hello"
    height = core.procedure("add", CFUNCTYPE(Height, c_int, c_int))(3, 4)
    assert isinstance(height, Height)
    assert height.value == 7


def test_what_a_procedure_says_is_heard(core: Core) -> None:
    core.procedure("is_negative", CFUNCTYPE(c_bool, c_int8))(-3)
    assert core.log[-1].text == "asked whether -3 is negative"
    core.procedure("show", CFUNCTYPE(None))()
    assert core.messages[-1].text == "shown by a procedure"


def test_what_it_is(core: Core) -> None:
    procedure = core.procedure("add", CFUNCTYPE(c_int, c_int, c_int))
    assert (procedure.name, procedure.address) == ("add", core.proc_address("add"))
    assert "add" in repr(procedure)
    assert core.name in repr(procedure)
    with pytest.raises(TypeError, match=r"Core\.procedure"):
        Procedure()


@pytest.mark.parametrize(
    ("name", "word"), [("throws", "thrown in a procedure"), ("aborts", "abort")]
)
def test_a_procedure_that_fails_ends_the_core_only(core: Core, name: str, word: str) -> None:
    procedure = core.procedure(name, CFUNCTYPE(None))
    with pytest.raises(CoreCrashedError, match=word):
        procedure()
    with pytest.raises(CoreCrashedError, match="only be closed"):
        procedure()
    with pytest.raises(CoreCrashedError):
        core.proc_address("add")
    core.close()


def test_a_closed_core_calls_nothing(core: Core) -> None:
    procedure = core.procedure("add", CFUNCTYPE(c_int, c_int, c_int))
    core.close()
    with pytest.raises(ClosedError):
        procedure(1, 2)
    with pytest.raises(ClosedError):
        core.proc_address("add")


def test_not_from_inside_the_core(open_core: OpenCore) -> None:
    procedures: list[Procedure] = []
    core = open_core("procedures", on_message=lambda _: procedures[0](1, 2))
    add = core.procedure("add", CFUNCTYPE(c_int, c_int, c_int))
    procedures.append(add)
    with pytest.raises(CoreBusyError):
        core.procedure("show", CFUNCTYPE(None))()
    assert add(1, 2) == 3


def test_wrong_use(core: Core) -> None:
    add = core.procedure("add", CFUNCTYPE(c_int, c_int, c_int))
    calls = words(core)[1]
    with pytest.raises(TypeError, match="2 arguments, but 3"):
        add(1, 2, 3)
    with pytest.raises(TypeError):
        add("1", 2)
    with pytest.raises(LibretroError, match="'subtract'"):
        core.procedure("subtract", CFUNCTYPE(c_int, c_int, c_int))
    for prototype in (None, c_int, len, CFUNCTYPE(c_int, c_int)(lambda a: a)):
        with pytest.raises(TypeError, match="CFUNCTYPE"):
            core.procedure("add", prototype)
    for types in ([Shape], [c_longdouble], [ctypes.py_object], [c_int] * 7):
        with pytest.raises(TypeError, match="functions of cores can be called"):
            core.procedure("add", CFUNCTYPE(c_int, *types))
    with pytest.raises(TypeError, match="the result"):
        core.procedure("add", CFUNCTYPE(Shape, c_int, c_int))
    for name in ("", "a\0b"):
        with pytest.raises(ValueError, match="name"):
            core.proc_address(name)
    with pytest.raises(TypeError, match="name"):
        core.proc_address(3)  # type: ignore[arg-type]
    assert words(core)[1] == calls, "the core was not called"
