"""Rules: the language, its translation, and the machine of include/rules.h."""

from __future__ import annotations

import ast
import ctypes
import math
import re
import struct
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from compiler import INCLUDE, NoCompilerError, build, build_library
from hypothesis import given, settings
from hypothesis import strategies as st

from pylibretro.batch.rules import (
    INSTRUCTION,
    REGISTERS,
    Bank,
    CompiledRule,
    Operation,
    compile_rule,
)
from pylibretro.error import LibretroError, RuleError

PROBE = Path(__file__).with_name("rules_probe.c")
UNITS = ["batch/rules.c"]
NAMES = ("score", "lives", "continue", "höhe")


class Frame(NamedTuple):
    """`struct rule_frame`: the values of all watches now, before and at the reset."""

    watched: tuple[Sequence[float], Sequence[float], Sequence[float]]
    frames: float


@pytest.fixture(scope="module")
def probe(build_cache: Path) -> ctypes.CDLL:
    try:
        library = ctypes.CDLL(
            str(build_library(PROBE, "rules_probe", build_cache, "-O2", "-lm", units=UNITS))
        )
    except NoCompilerError as error:
        pytest.skip(str(error))
    size, pointer, number = ctypes.c_size_t, ctypes.c_void_p, ctypes.c_double
    library.probe_instruction_size.restype = size
    library.probe_check.argtypes = [pointer, size, pointer, size, size]
    library.probe_evaluate.argtypes = [
        pointer, size, pointer, size, pointer, pointer, pointer, number,
    ]  # fmt: skip
    library.probe_evaluate.restype = number
    return library


def accepts(probe: ctypes.CDLL, code: np.ndarray, constants: np.ndarray, watches: int) -> bool:
    return bool(
        probe.probe_check(
            code.ctypes.data, len(code), constants.ctypes.data, len(constants), watches
        )
    )


def evaluate(probe: ctypes.CDLL, rule: CompiledRule, frame: Frame) -> float:
    assert accepts(probe, rule.code, rule.constants, len(rule.names))
    banks = [np.array(bank, dtype=np.float64) for bank in frame.watched]
    assert {len(bank) for bank in banks} == {len(rule.names)}
    pointers = [bank.ctypes.data for bank in banks]
    code, constants = rule.code, rule.constants
    result = probe.probe_evaluate(
        code.ctypes.data, len(code), constants.ctypes.data, len(constants), *pointers, frame.frames
    )
    assert isinstance(result, float)
    return result


@pytest.fixture(scope="module")
def value_of(probe: ctypes.CDLL) -> Callable[..., float]:
    """The value of a text after a frame: score went from 100 to 120, lives from 3 to 2."""

    def value(text: str, now: Sequence[float] = (120, 2), frames: float = 7) -> float:
        rule = compile_rule(text, ("score", "lives"))
        return evaluate(probe, rule, Frame((now, (100, 3), (10, 5)), frames))

    return value


def bits(number: float) -> bytes:
    return struct.pack("<d", number)


# ----------------------------------------------------------------------------------- the header


@pytest.mark.parametrize(
    ("enum", "members"), [("rule_operation", Operation), ("rule_bank", Bank)], ids=lambda one: one
)
def test_both_sides_have_the_same_numbers(enum: str, members: Any) -> None:
    if not INCLUDE.is_dir():
        pytest.skip(f"{INCLUDE} is missing: this test needs the source tree")
    header = (INCLUDE / "rules.h").read_text(encoding="utf-8")
    found = re.search(rf"enum {enum} {{(.*?)}};", header, re.DOTALL)
    assert found is not None
    names = re.findall(r"RULE_(\w+),", found[1])
    assert names[-1].endswith("_COUNT")
    assert names[:-1] == [member.name for member in members]
    assert [member.value for member in members] == list(range(len(members)))
    assert f"RULE_REGISTER_COUNT = {REGISTERS} " in header


def test_an_instruction_has_one_size(probe: ctypes.CDLL) -> None:
    assert probe.probe_instruction_size() == INSTRUCTION.itemsize


# --------------------------------------------------------------------------------- the language


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("score", 120),
        ("7", 7),
        ("True + True - False", 2),
        ("  frames\n", 7),
        ("delta(score) * 0.1 - (lives < previous(lives))", 1),
        ("previous(score)", 100),
        ("initial(lives)", 5),
        ("delta(score * lives)", 240 - 300),
        ("initial(score) + previous(score + lives)", 113),
        ("score - 1 - 2 - (3 - 4)", 118),
        ("score + 2 * 3 / 4", 121.5),
        ("-score // 7, 1"[:-3], -18),
        ("+score", 120),
        ("-score % 7", 6),
        ("score % -7", -6),
        ("score // 0 + score % 0 + score / 0", 0),
        ("5 / 2", 2.5),
        ("2 < lives", 0),
        ("0 < lives <= 2", 1),
        ("0 < lives + 0 <= 2 + 0 < score + 0 > 1", 1),
        ("3 > lives + 0 > 2 + 0 < score + 0", 0),
        ("score != 120 or lives >= 2", 1),
        ("lives in (1, 2, 3)", 1),
        ("lives + 1 in (1, 2)", 0),
        ("lives + 1 in [score - 117, 9]", 1),
        ("lives not in {1, 2}", 0),
        ("lives + 0 not in (7,)", 1),
        ("0 < lives in (1, 2)", 1),
        ("3 < lives in (1, 2)", 0),
        ("0 or lives or 9", 2),
        ("score and lives and 0 and 3", 0),
        ("score and lives", 2),
        ("not lives", 0),
        ("not not lives", 1),
        ("10 if lives == 2 else 20", 10),
        ("10 if lives - 2 else score if lives else 30", 120),
        ("abs(lives - score)", 118),
        ("sign(lives - score) + sign(score) * 10 + sign(0)", 9),
        ("min(score, lives, 7) + max(score, lives, 1)", 122),
        ("clip(score, 0, 50) + clip(lives, 10, 20)", 60),
        ("bit(score, 3) * 10 + bit(score, 0)", 10),
        ("bit(-1, 63) + bit(-1, 200) + bit(1, -5)", 3),
        ("score & 0x70 | 3 ^ 1", 0x72),
        ("~lives << 4 >> 1", -24),
        ("1 << 64", 0),
        ("1 << 63", -(2.0**63)),
        ("-8 >> 900", -1),
        ("2.9 & 7", 2),
        ("-2.9 | 0", -2),
        ("1e300 & -1", 2.0**63),
        ("-1e300 | 0", -(2.0**63)),
        ("1e308 * 10", sys.float_info.max),
        ("-1e308 * 10", -sys.float_info.max),
        ("1e308 * 10 - 1e308 * 10", 0),
        ('watch("score") + 1', 121),
        ("score +\n  lives +\n\t1", 123),
        ("score  # what is earned", 120),
    ],
)
def test_values(value_of: Callable[..., float], text: str, expected: float) -> None:
    assert value_of(text) == expected


def test_what_is_no_number_in_memory(value_of: Callable[..., float]) -> None:
    broken = (math.nan, -math.inf)
    assert bits(value_of("score", broken)) == bits(0.0)
    assert value_of("lives", broken) == -sys.float_info.max
    assert value_of("score == 0", broken) == 1
    assert value_of("delta(score) + 1", broken) == -99
    assert value_of("lives - lives", broken) == 0
    assert value_of("frames + 1", frames=math.nan) == 1


def test_names_that_are_no_identifiers_and_names_that_hide_others(probe: ctypes.CDLL) -> None:
    names = ("score ", "continue", "frames", "min", "ﬁn", "fin", "ångström")
    now = (1, 2, 3, 4, 5, 6, 7)

    def value(text: str) -> float:
        return evaluate(probe, compile_rule(text, names), Frame((now, now, now), 99))

    assert value('watch("score ") * 10 + watch("continue")') == 12
    assert value("frames") == 3
    assert value("min(min, 9)") == 4
    assert (value('watch("ﬁn")'), value("fin")) == (5, 6)
    assert value("a\u030angstro\u0308m") == 7


def test_what_a_rule_tells_about_itself() -> None:
    rule = compile_rule("lives > 0 and\n delta(lives)", iter(NAMES))
    assert (rule.text, rule.names) == ("lives > 0 and\n delta(lives)", NAMES)
    assert rule.watches == ("lives",)
    assert rule.code.dtype == INSTRUCTION
    assert rule.constants.dtype == np.float64
    for array in (rule.code, rule.constants):
        with pytest.raises(ValueError, match="WRITEABLE"):
            array.setflags(write=True)
    assert compile_rule("3 + 3 * 3 - 0.0 + -0.0", ()).constants.tolist() == [3.0, 0.0, -0.0]


def test_a_usual_rule_is_short() -> None:
    rule = compile_rule("delta(score) * 0.1 - (lives < previous(lives))", NAMES)
    assert [Operation(step["operation"]).name for step in rule.code] == [
        "SUBTRACT",
        "MULTIPLY",
        "LESS",
        "SUBTRACT",
    ]


# ----------------------------------------------------------- against an interpreter of its own

OPERATORS: dict[type, Callable[[float, float], float]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b if b else 0.0,
    ast.FloorDiv: lambda a, b: a // b if b else 0.0,
    ast.Mod: lambda a, b: a % b if b else 0.0,
    ast.BitAnd: lambda a, b: as_double(as_integer(a) & as_integer(b)),
    ast.BitOr: lambda a, b: as_double(as_integer(a) | as_integer(b)),
    ast.BitXor: lambda a, b: as_double(as_integer(a) ^ as_integer(b)),
    ast.LShift: lambda a, b: as_double(as_integer(a) << shift(b)),
    ast.RShift: lambda a, b: as_double(as_integer(a) >> shift(b)),
}
COMPARISONS: dict[type, Callable[[float, Any], bool]] = {
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}

FUNCTIONS: dict[str, Callable[..., float]] = {
    "abs": abs,
    "sign": lambda x: (x > 0) - (x < 0),
    "min": min,
    "max": max,
    "clip": lambda x, low, high: min(max(x, low), high),
    "bit": lambda x, n: as_integer(x) >> shift(n) & 1,
}


def as_integer(number: float) -> int:
    return max(-(2**63), min(int(number), 2**63 - 1))


def as_double(integer: int) -> float:
    return float((integer + 2**63) % 2**64 - 2**63)


def shift(number: float) -> int:
    return max(0, min(int(number), 64))


def finite(number: float) -> float:
    if math.isnan(number):
        return 0.0
    return math.copysign(sys.float_info.max, number) if math.isinf(number) else number


def interpret(node: ast.expr, frame: Frame, bank: int = 0) -> float:
    """What a rule means, in Python's own floats; `bank` is where watches are read from."""

    def value(inner: ast.expr, other_bank: int = bank) -> float:
        return interpret(inner, frame, other_bank)

    match node:
        case ast.Constant(value=bool() | int() | float() as number):
            return float(number)
        case ast.Name(id="frames"):
            return finite(frame.frames)
        case ast.Name(id=name):
            return finite(frame.watched[bank][NAMES.index(name)])
        case ast.UnaryOp(op=ast.USub()):
            return -value(node.operand)
        case ast.UnaryOp(op=ast.UAdd()):
            return value(node.operand)
        case ast.UnaryOp(op=ast.Not()):
            return float(not value(node.operand))
        case ast.UnaryOp():
            return as_double(~as_integer(value(node.operand)))
        case ast.BinOp():
            return finite(OPERATORS[type(node.op)](value(node.left), value(node.right)))
        case ast.BoolOp():
            result = value(node.values[0])
            for following in node.values[1:]:
                if bool(result) == isinstance(node.op, ast.And):
                    result = value(following)
            return result
        case ast.Compare():
            left: Any = value(node.left)
            for comparison, right_node in zip(node.ops, node.comparators, strict=True):
                right: Any = (
                    [value(one) for one in right_node.elts]
                    if isinstance(right_node, ast.Tuple)
                    else value(right_node)
                )
                if not COMPARISONS[type(comparison)](left, right):
                    return 0.0
                left = right
            return 1.0
        case ast.IfExp():
            return value(node.body) if value(node.test) else value(node.orelse)
        case ast.Call(func=ast.Name(id="previous")):
            return value(node.args[0], 1)
        case ast.Call(func=ast.Name(id="initial")):
            return value(node.args[0], 2)
        case ast.Call(func=ast.Name(id="delta")):
            return finite(value(node.args[0]) - value(node.args[0], 1))
        case ast.Call(func=ast.Name(id="watch"), args=[ast.Constant(value=str() as name)]):
            return finite(frame.watched[bank][NAMES.index(name)])
        case ast.Call(func=ast.Name(id=function)):
            return float(FUNCTIONS[function](*map(value, node.args)))
    raise AssertionError(ast.dump(node))


EDGES = [0.0, -0.0, 1.0, -1.0, 63.0, 64.0, 0.5, 255.0, 2.0**31, 2.0**53, 2.0**63, -(2.0**63)]
EDGES += [1e308, -1e308, 5e-324, math.inf, -math.inf, math.nan, 6.0, 3.0, 0.1, 65535.0]
numbers = st.one_of(st.sampled_from(EDGES), st.integers(-300, 300).map(float), st.floats(width=64))
values = st.lists(numbers, min_size=len(NAMES), max_size=len(NAMES))
frames_of_numbers = st.builds(
    Frame, st.tuples(values, values, values), st.integers(0, 10**6).map(float)
)
literals = st.one_of(
    st.integers(0, 70).map(str),
    st.integers(0, 2**70).map(str),
    st.floats(0, allow_infinity=False).map(repr),
    st.sampled_from(["True", "False", "0.1", "0", "1e308"]),
)
watches = st.sampled_from(["score", "lives", 'watch("continue")', "höhe"])
BINARY = ["+", "-", "*", "/", "//", "%", "&", "|", "^", "<<", ">>", "and", "or"]
COMPARING = ["==", "!=", "<", "<=", ">", ">="]


def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def chain(first: str, rest: list[tuple[str, str]]) -> str:
        return f"({first} {' '.join(f'{sign} {term}' for sign, term in rest)})"

    def call(name: str, count: int) -> st.SearchStrategy[str]:
        return st.tuples(*[inner] * count).map(lambda terms: f"{name}({', '.join(terms)})")

    return st.one_of(
        st.builds("({}({}))".format, st.sampled_from(["-", "+", "~", "not "]), inner),
        st.builds(
            chain,
            inner,
            st.lists(st.tuples(st.sampled_from(BINARY), inner), min_size=1, max_size=3),
        ),
        st.builds(
            chain,
            inner,
            st.lists(st.tuples(st.sampled_from(COMPARING), inner), min_size=1, max_size=4),
        ),
        st.builds(
            "({} {} ({},))".format,
            inner,
            st.sampled_from(["in", "not in", "< 7 not in", "!= lives + 1 in"]),
            st.lists(inner, min_size=1, max_size=4).map(", ".join),
        ),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        *[call(name, 1) for name in ("abs", "sign")],
        *[call(name, 2) for name in ("min", "max", "bit")],
        *[call(name, 3) for name in ("clip", "max")],
    )


of_watches = st.recursive(st.one_of(watches, literals), larger, max_leaves=4)
remembered = st.builds(
    "{}({} + {})".format, st.sampled_from(["previous", "initial", "delta"]), watches, of_watches
)
expressions = st.recursive(
    st.one_of(watches, literals, remembered, st.just("frames")), larger, max_leaves=12
)


@settings(max_examples=600, deadline=None)
@given(text=expressions, frames=st.lists(frames_of_numbers, min_size=1, max_size=4))
def test_c_computes_what_python_says(probe: ctypes.CDLL, text: str, frames: list[Frame]) -> None:
    rule = compile_rule(text, NAMES)
    tree = ast.parse(text, mode="eval").body
    for frame in frames:
        found, expected = evaluate(probe, rule, frame), interpret(tree, frame)
        assert bits(found) == bits(expected), (found, expected)
        assert math.isfinite(found)


# ---------------------------------------------------------------- code that nobody compiled


def altered(rule: CompiledRule, **fields: int) -> np.ndarray:
    code: np.ndarray = rule.code.copy()
    for name, number in fields.items():
        code[-1][name] = number
    return code


@pytest.mark.parametrize(
    "fields",
    [
        {"operation": len(Operation)},
        {"operation": 255},
        {"result": REGISTERS},
        {"left_bank": len(Bank)},
        {"right_bank": 255},
        {"left_bank": Bank.CONSTANTS, "left_index": 1},
        {"right_bank": Bank.VALUES, "right_index": len(NAMES)},
        {"right_bank": Bank.PREVIOUS, "right_index": len(NAMES)},
        {"left_bank": Bank.INITIAL, "left_index": 65535},
        {"left_bank": Bank.FRAMES, "left_index": 1},
        {"left_bank": Bank.REGISTERS, "left_index": 1},
        {"right_bank": Bank.REGISTERS, "right_index": REGISTERS},
        {"operation": Operation.CHOOSE, "result": 1},
    ],
    ids=str,
)
def test_code_out_of_bounds_is_refused(probe: ctypes.CDLL, fields: dict[str, int]) -> None:
    rule = compile_rule("score * 2 + höhe", NAMES)
    assert accepts(probe, rule.code, rule.constants, len(NAMES))
    assert not accepts(probe, altered(rule, **fields), rule.constants, len(NAMES))


def test_too_few_watches_and_no_code_are_refused(probe: ctypes.CDLL) -> None:
    rule = compile_rule("höhe", NAMES)
    assert not accepts(probe, rule.code, rule.constants, len(NAMES) - 1)
    assert not accepts(probe, rule.code[:0], rule.constants, len(NAMES))


SANITIZERS = "-fsanitize=address,undefined,float-cast-overflow,float-divide-by-zero"


def test_random_code_is_refused_or_stays_in_bounds(build_cache: Path) -> None:
    """With the sanitizers of the compiler, where it has them."""
    flags = ["-DPROBE_MAIN", "-O1", "-g"]
    link = [] if sys.platform in ("win32", "darwin") else ["-Wl,--no-as-needed", "-lm"]
    try:
        try:
            program = build(
                PROBE, "rules_probe_main", build_cache, *flags, SANITIZERS,
                "-fno-sanitize-recover=all", *link, units=UNITS,
            )  # fmt: skip
            subprocess.run([program], capture_output=True, check=True)
        except (RuntimeError, OSError):
            program = build(PROBE, "rules_probe_main", build_cache, *flags, *link, units=UNITS)
    except NoCompilerError as error:
        pytest.skip(str(error))
    result = subprocess.run([program], capture_output=True, text=True, check=False, timeout=300)
    assert result.returncode == 0, result.stderr
    accepted, rejected = map(int, result.stdout.split())
    assert accepted > 1000
    assert rejected > 1000


# ---------------------------------------------------------------------------------- messages


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the rule is empty; an expression such as 'lives == 0' is needed"),
        (
            "delta(scor)",
            "there is no watch 'scor'; did you mean 'score'? (watches: score, lives)\n"
            "    delta(scor)\n"
            "          ^^^^",
        ),
        (
            " lives * (\n previus(lives))",
            "there is no function 'previus'; did you mean 'previous'? (functions: abs, all, any, "
            "bit, clip, count, delta, initial, max, min, previous, sign, sum, watch)\n"
            "    lives * (  previus(lives))\n"
            "               ^^^^^^^",
        ),
        ("é + scöre", "there is no watch 'é' (watches: score, lives)\n    é + scöre\n    ^"),
        ('watch("live")', "there is no watch 'live'; did you mean 'lives'?"),
        ("watch(lives)", 'the name of a watch is written as watch("name")\n'),
        ("'lives'", "text is no number; for the watch of this name write watch('lives')"),
        ("lives.x", "a rule cannot compute this; it is made of numbers, watches, operators"),
        ("{lives}", "a rule cannot compute this"),
        ("[lives]", "a rule cannot compute this"),
        (
            "lives.max(3)",
            "only functions are called, by their names\n    lives.max(3)\n    ^^^^^^^^^",
        ),
        ("min", "min is a function; write min(x, y, ...)"),
        ("min(lives)", "min is called as min(x, y, ...)"),
        ("max(*lives)", "max is called as max(x, y, ...)"),
        ("clip(lives, 1)", "clip is called as clip(x, low, high)"),
        ("clip(x=1, low=2, high=3)", "clip is called as clip(x, low, high)"),
        ("lives ** 2", "a rule has no powers; write products, such as x * x"),
        ("lives @ 2", "a rule has no matrices to multiply"),
        ("lives is 2", "numbers are compared with == != < <= > >= and in, not with is"),
        ("lives in 2", "behind `in` numbers in parentheses are needed, such as (1, 2, 3)"),
        ("lives in ()", "behind `in` numbers in parentheses are needed"),
        ("lives in (1, 2) < 3", "only a number can be compared further"),
        ("previous(delta(score))", "this is inside previous(); only the frame before and the last"),
        ("delta(initial(score))", "this is inside previous()"),
        ("initial(previous(score))", "this is inside initial()"),
        ("previous(frames)", "previous() remembers watches, and frames is none"),
        ("delta(3)", "there is no watch in it that could have changed"),
        ("1e999", "this number is too large; 1.7976931348623157e+308 is the largest"),
        (f"lives + 1{'0' * 400}", "this number is too large"),
        ("1j", "1j is no number that a rule can compute with"),
        ("None", "None is no number"),
        ("...", "Ellipsis is no number"),
        ("lives = 0", "; equality is ==\n    lives = 0\n          ^"),
        ("lives && 1", "; write `and`\n"),
        ("lives || 1", "; write `or`\n"),
        ("!lives", "; write `not`\n"),
        ("lives and", "a rule is one expression as in Python: "),
        ("(lives", "a rule is one expression as in Python: "),
        ("lives\0", "a rule is one expression as in Python: "),
        ("lives \ud800", "a rule is one expression as in Python: "),
        ("lives # a comment\n+ 1", "a rule of several lines has no comments"),
        ("lives" + " " * 10000 + "+1", "the rule has 10007 characters; 10000 are the most"),
        ("not " * 60 + "lives", "the rule is nested more than 50 deep"),
        ("-" * 9000 + "lives", "nested"),
        ("(" * 9000 + "lives", ""),
    ],
    ids=lambda text: text[:30].encode("ascii", "replace").decode(),
)
def test_messages(text: str, message: str) -> None:
    with pytest.raises(RuleError) as caught:
        compile_rule(text, ("score", "lives"))
    assert message in str(caught.value)
    assert isinstance(caught.value, LibretroError)
    assert isinstance(caught.value, ValueError)


def test_the_place_in_a_long_rule_is_shown() -> None:
    with pytest.raises(RuleError) as caught:
        compile_rule(" + ".join(["lives"] * 100 + ["scores"] + ["lives"] * 100), ("score", "lives"))
    _, line, marks = str(caught.value).split("\n")
    assert len(line) <= 94
    assert line[marks.index("^") : marks.rindex("^") + 1] == "scores"


def test_what_a_rule_is_not() -> None:
    with pytest.raises(TypeError, match="a rule is 3; text is needed"):
        compile_rule(3, ())  # type: ignore[arg-type]
    with pytest.raises(RuleError, match="65536 are the most"):
        compile_rule("1", map(str, range(65537)))
    with pytest.raises(RuleError, match=r"there is no watch 'lives' \(watches: none\)"):
        compile_rule("lives", ())


def test_long_and_deep_rules(value_of: Callable[..., float]) -> None:
    assert value_of(" + ".join(["lives"] * 1000)) == 2000
    assert value_of(" and ".join(["lives"] * 1000)) == 2
    assert value_of(" < ".join(map(str, range(1000)))) == 1
    assert value_of("1 + (" * 45 + "lives" + ")" * 45) == 47
    assert value_of(" if lives == 9 else ".join(map(str, range(40)))) == 39
    with pytest.raises(RuleError, match="keeps more than 64 numbers at a time"):
        value_of(" < ".join(f"lives + {n}" for n in range(100)))
