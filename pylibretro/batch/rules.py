"""Rules: expressions over watches that are evaluated in C after every frame.

A rule says what a frame is worth, whether the game is over, or whether to stop. `compile_rule`
describes the language.
"""

from __future__ import annotations

import ast
import difflib
import math
import re
import sys
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from pylibretro.error import RuleError

__all__ = ["CompiledRule", "compile_rule"]

LONGEST_TEXT = 10_000  # characters
DEEPEST_NESTING = 50
REGISTERS = 64
MOST_WATCHES = 1 << 16
MOST_INSTRUCTIONS = 1 << 18


class Operation(IntEnum):
    """What an instruction computes: `enum rule_operation` of include/rules.h."""

    COPY = 0
    NEGATE = 1
    ABSOLUTE = 2
    SIGN = 3
    NOT = 4
    INVERT = 5
    ADD = 6
    SUBTRACT = 7
    MULTIPLY = 8
    DIVIDE = 9
    FLOOR_DIVIDE = 10
    REMAINDER = 11
    MINIMUM = 12
    MAXIMUM = 13
    EQUAL = 14
    NOT_EQUAL = 15
    LESS = 16
    LESS_EQUAL = 17
    AND = 18
    OR = 19
    CHOOSE = 20
    BIT_AND = 21
    BIT_OR = 22
    BIT_XOR = 23
    SHIFT_LEFT = 24
    SHIFT_RIGHT = 25
    BIT = 26


class Bank(IntEnum):
    """Where an instruction finds an operand: `enum rule_bank` of include/rules.h."""

    REGISTERS = 0
    CONSTANTS = 1
    VALUES = 2
    PREVIOUS = 3
    INITIAL = 4
    FRAMES = 5


# struct rule_instruction of include/rules.h
INSTRUCTION = np.dtype(
    [
        ("operation", "u1"),
        ("result", "u1"),
        ("left_bank", "u1"),
        ("right_bank", "u1"),
        ("left_index", "=u2"),
        ("right_index", "=u2"),
    ]
)


@dataclass(frozen=True, eq=False)
class CompiledRule:
    """A rule, translated for `rule_evaluate` of include/rules.h.

    Attributes:
        text: The rule as it was written.
        names: The watches it was compiled for, in the order of their values.
        watches: Those that it reads, in the order of their first use.
        elements: The elements of ranges, whose values are behind those of the watches: each the
            name of a watch, and how many numbers of its type behind it the element lies.
        code: Its instructions, (n,) `INSTRUCTION`, read-only.
        constants: The numbers that it names, (m,) float64, read-only.
    """

    text: str
    names: tuple[str, ...]
    watches: tuple[str, ...]
    elements: tuple[tuple[str, int], ...]
    code: NDArray[np.void] = field(repr=False)
    constants: NDArray[np.float64] = field(repr=False)


def compile_rule(
    text: str, names: Iterable[str], *, elements: Iterable[tuple[str, int]] = ()
) -> CompiledRule:
    """Translate an expression over watches into code that is evaluated in C after every frame.

    The language is that of Python's expressions, over numbers:

    - numbers, `True` (1), `False` (0), watches by name (`watch("score ")` for a name that is no
      identifier), and `frames`, the frames since the last reset (a watch of that name hides it);
    - `+ - * / // %`, `not`, `and`, `or`, `a if condition else b`, comparisons and their chains
      (`0 < lives <= 3`), `in (1, 2, 3)` and `not in`, with Python's precedence and values: a
      comparison is 1 or 0, `a or b` is `a` where that is not 0;
    - `& | ^ ~ << >>` on 64-bit integers, to which numbers are cut towards 0;
    - `previous(x)`: `x` after the frame before; after a reset, at the reset. `delta(x)`:
      `x - previous(x)`. `initial(x)`: `x` at the last reset. Here `x` is a watch, or anything
      computed from watches;
    - `abs(x)`, `sign(x)` (-1, 0, 1), `min(x, y, ...)`, `max(x, y, ...)`, `clip(x, low, high)`, and
      `bit(x, n)`, bit `n` of `x`, 0 or 1;
    - ranges of memory: `board[3]` is the number 3 numbers of its type behind the watch `board`, and
      `board[0:16]` are 16 of them. `sum`, `min`, `max`, `any`, `all` and `count` (how many are not
      0) make one number of a range, or of what is computed from ranges of the same length:
      `count(board[0:16] == 0)`, `any(board[0:16] != previous(board[0:16]))`; `x in board[0:16]`
      looks for one. They also take several numbers in parentheses: `any((a, b > 3))`.

    All numbers are doubles: integers above 2**53 are rounded. All of them are finite: what is
    divided by 0 gives 0, NaN in memory reads as 0, and what is too large is the largest double.

    Args:
        text: The expression, of one line or several.
        names: Names of all watches, in the order of the values that it will be evaluated on.
        elements: Elements of ranges that are known already, in the order of their values; what the
            rule needs beyond them is added behind.

    Raises:
        RuleError: The text is not such an expression; the message points to what is wrong in it.
        TypeError: The text is not a string.

    >>> rule = compile_rule("delta(score) * 0.1 - (lives < previous(lives))", ["score", "lives"])
    >>> rule.watches, len(rule.code)
    (('score', 'lives'), 4)
    >>> compile_rule("sum(board[0:3]) > 9", ["board"]).elements
    (('board', 1), ('board', 2))
    >>> compile_rule("delta(scor)", ["score"])
    Traceback (most recent call last):
    pylibretro.error.RuleError: there is no watch 'scor'; did you mean 'score'? (watches: score)
        delta(scor)
              ^^^^
    """
    if not isinstance(text, str):
        raise TypeError(f"a rule is {text!r}; text is needed, such as 'lives == 0'")
    return _Translation(text, tuple(names), tuple(elements)).result()


class _Operand(NamedTuple):
    bank: Bank
    index: int  # type: ignore[assignment]  # hides tuple.index


# What is remembered of each watch; a translation reads all watches of a node from one of these.
_FUNCTION_OF = {Bank.PREVIOUS: "previous", Bank.INITIAL: "initial"}

_SIGNATURES = {
    "abs": "abs(x)",
    "all": "all(range)",
    "any": "any(range)",
    "bit": "bit(x, n)",
    "clip": "clip(x, low, high)",
    "count": "count(range)",
    "delta": "delta(x)",
    "initial": "initial(x)",
    "max": "max(x, y, ...)",
    "min": "min(x, y, ...)",
    "previous": "previous(x)",
    "sign": "sign(x)",
    "sum": "sum(range)",
    "watch": 'watch("name")',
}

# What makes one number of many: how it is joined from them.
_AGGREGATES = {
    "all": Operation.AND,
    "any": Operation.OR,
    "count": Operation.ADD,
    "max": Operation.MAXIMUM,
    "min": Operation.MINIMUM,
    "sum": Operation.ADD,
}
_RANGE = (
    "a range, such as {}[0:16], is many numbers; sum(), min(), max(), any(), all() and count() "
    "make one of it"
)

_UNARY = {
    ast.USub: Operation.NEGATE,
    ast.Not: Operation.NOT,
    ast.Invert: Operation.INVERT,
}

_BINARY = {
    ast.Add: Operation.ADD,
    ast.Sub: Operation.SUBTRACT,
    ast.Mult: Operation.MULTIPLY,
    ast.Div: Operation.DIVIDE,
    ast.FloorDiv: Operation.FLOOR_DIVIDE,
    ast.Mod: Operation.REMAINDER,
    ast.BitAnd: Operation.BIT_AND,
    ast.BitOr: Operation.BIT_OR,
    ast.BitXor: Operation.BIT_XOR,
    ast.LShift: Operation.SHIFT_LEFT,
    ast.RShift: Operation.SHIFT_RIGHT,
}

_COMPARISONS = {
    ast.Eq: Operation.EQUAL,
    ast.NotEq: Operation.NOT_EQUAL,
    ast.Lt: Operation.LESS,
    ast.LtE: Operation.LESS_EQUAL,
}

_MIRRORED = {ast.Gt: Operation.LESS, ast.GtE: Operation.LESS_EQUAL}


# What people write who know another language, by the character where Python stops reading.
_SPELLINGS = {
    "=": "; equality is ==",
    "&": "; write `and`",
    "|": "; write `or`",
    "!": "; write `not`",
    "?": "; write `a if condition else b`",
}


class _Translation:
    """One text on its way to becoming code.

    A method that translates a node gets `free`, the first register that it may write; it returns
    where the value is found: in that register, or directly among watches or constants.
    """

    def __init__(
        self, text: str, names: tuple[str, ...], elements: tuple[tuple[str, int], ...]
    ) -> None:
        self.original = text
        self.text = re.sub(r"[\t\r\n\f\v]", " ", text).strip()
        self.names = names
        # Python reads identifiers in this form, so that both spellings of é are one name.
        self.indexes = {unicodedata.normalize("NFKC", name): i for i, name in enumerate(names)}
        self.indexes.update((name, i) for i, name in enumerate(names))
        self.code: list[tuple[int, ...]] = []
        self.constants: dict[str, tuple[int, float]] = {}
        self.watches: dict[str, None] = {}
        self.watch_reads = 0
        self.depth = 0
        self.elements = {element: i for i, element in enumerate(elements)}
        self.place: int | None = None  # which element of ranges is being translated

    def result(self) -> CompiledRule:
        value = self.number(self.parsed(), 0, Bank.VALUES)
        if value.bank is not Bank.REGISTERS:
            self.emit(Operation.COPY, 0, value)
        code = np.array(self.code, dtype=INSTRUCTION)
        constants = np.array([number for _, number in self.constants.values()], dtype=np.float64)
        return CompiledRule(
            self.original,
            self.names,
            tuple(self.watches),
            tuple(self.elements),
            np.frombuffer(code.tobytes(), dtype=INSTRUCTION),
            np.frombuffer(constants.tobytes(), dtype=np.float64),
        )

    def parsed(self) -> ast.expr:
        if len(self.names) > MOST_WATCHES:
            raise RuleError(f"a rule over {len(self.names)} watches; {MOST_WATCHES} are the most")
        if not self.text:
            raise RuleError("the rule is empty; an expression such as 'lives == 0' is needed")
        if len(self.text) > LONGEST_TEXT:
            raise RuleError(
                f"the rule has {len(self.text)} characters; {LONGEST_TEXT} are the most"
            )
        if "#" in self.text and len(self.original.strip().splitlines()) > 1:
            # Lines are joined before they are parsed: a comment would swallow those after it.
            start = self.text.index("#")
            raise RuleError(
                "a rule of several lines has no comments" + self.pointer(start, start + 1)
            )
        try:
            return ast.parse(self.text, mode="eval").body
        except SyntaxError as error:
            # Python says 0 where something is missing after the end.
            start = error.offset - 1 if error.offset else len(self.text)
            end = max((error.end_offset or 0) - 1, start + 1)
            hint = _SPELLINGS.get(self.text[start : start + 1], "")
            raise RuleError(
                f"a rule is one expression as in Python: {error.msg}{hint}"
                + self.pointer(start, end)
            ) from None
        except (MemoryError, RecursionError):
            raise RuleError("the rule is nested too deeply for Python's parser") from None
        except ValueError as error:
            raise RuleError(f"a rule is one expression as in Python: {error}") from None

    # What is wrong, and where

    def pointer(self, start: int, end: int) -> str:
        first = max(0, start - 40)
        line = self.text[first : first + 90]
        marks = "^" * max(1, min(end, first + 90) - start)
        return f"\n    {line}\n    {' ' * (start - first)}{marks}"

    def source(self, node: ast.expr) -> tuple[int, int]:
        """Where in the text a node begins and ends, in characters; `ast` counts bytes of UTF-8."""
        encoded = self.text.encode()
        return (
            len(encoded[: node.col_offset].decode()),
            len(encoded[: node.end_col_offset].decode()),
        )

    def fail(self, node: ast.expr, message: str) -> NoReturn:
        raise RuleError(message + self.pointer(*self.source(node)))

    def fail_unknown(self, node: ast.expr, name: str, kind: str, known: Iterable[str]) -> NoReturn:
        known = list(known)
        near = difflib.get_close_matches(name, known, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        plural = {"watch": "watches", "function": "functions"}[kind]
        shown = ", ".join(known[:20]) + (", ..." if len(known) > 20 else "")
        self.fail(node, f"there is no {kind} {name!r}{hint} ({plural}: {shown or 'none'})")

    # Instructions

    def emit(
        self, operation: Operation, result: int, left: _Operand, right: _Operand | None = None
    ) -> _Operand:
        right = left if right is None else right
        if result >= REGISTERS:
            raise RuleError(
                f"the rule keeps more than {REGISTERS} numbers at a time; a rule that is nested "
                f"less deeply is needed"
            )
        if len(self.code) >= MOST_INSTRUCTIONS:
            raise RuleError(
                f"the rule has more than {MOST_INSTRUCTIONS} operations; shorter ranges are needed"
            )
        self.code.append((operation, result, left.bank, right.bank, left.index, right.index))
        return _Operand(Bank.REGISTERS, result)

    def constant(self, number: float) -> _Operand:
        # By its text, because 0.0 == -0.0.
        index, _ = self.constants.setdefault(repr(number), (len(self.constants), number))
        return _Operand(Bank.CONSTANTS, index)

    # Nodes

    def number(self, node: ast.expr, free: int, bank: Bank) -> _Operand:
        self.depth += 1
        if self.depth > DEEPEST_NESTING:
            self.fail(node, f"the rule is nested more than {DEEPEST_NESTING} deep")
        operand = self.any_number(node, free, bank)
        self.depth -= 1
        return operand

    def any_number(self, node: ast.expr, free: int, bank: Bank) -> _Operand:
        match node:
            case ast.Constant():
                return self.literal(node, 1)
            case ast.Name():
                return self.named(node, bank)
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant() as constant):
                return self.literal(constant, -1)
            case ast.UnaryOp(op=ast.UAdd()):
                return self.number(node.operand, free, bank)
            case ast.UnaryOp():
                operand = self.number(node.operand, free, bank)
                return self.emit(_UNARY[type(node.op)], free, operand)
            case ast.BinOp():
                return self.arithmetic(node, free, bank)
            case ast.BoolOp():
                operation = Operation.AND if isinstance(node.op, ast.And) else Operation.OR
                return self.fold(operation, node.values, free, bank)
            case ast.Compare():
                return self.comparison(node, free, bank)
            case ast.IfExp():
                return self.choice(node, free, bank)
            case ast.Call():
                return self.call(node, free, bank)
            case ast.Subscript():
                return self.element(node, bank)
        self.fail(
            node,
            "a rule cannot compute this; it is made of numbers, watches, operators and the "
            f"functions {', '.join(_SIGNATURES.values())}",
        )

    def literal(self, node: ast.Constant, sign: int) -> _Operand:
        if isinstance(node.value, str):
            self.fail(
                node, f"text is no number; for the watch of this name write watch({node.value!r})"
            )
        if not isinstance(node.value, (bool, int, float)):
            self.fail(node, f"{node.value!r} is no number that a rule can compute with")
        try:
            number = float(node.value)
        except OverflowError:
            number = math.inf
        if math.isinf(number):
            self.fail(node, f"this number is too large; {sys.float_info.max} is the largest")
        return self.constant(sign * number)

    def named(self, node: ast.Name, bank: Bank) -> _Operand:
        if node.id in self.indexes:
            return self.watch(node.id, bank)
        if node.id == "frames":
            if bank is not Bank.VALUES:
                self.fail(node, f"{_FUNCTION_OF[bank]}() remembers watches, and frames is none")
            return _Operand(Bank.FRAMES, 0)
        if node.id in _SIGNATURES:
            self.fail(node, f"{node.id} is a function; write {_SIGNATURES[node.id]}")
        self.fail_unknown(node, node.id, "watch", self.names)

    def watch(self, name: str, bank: Bank) -> _Operand:
        index = self.indexes[name]
        self.watches[self.names[index]] = None
        self.watch_reads += 1
        return _Operand(bank, index)

    def after(self, operand: _Operand, free: int) -> int:
        """The first register that is free while `operand` is kept."""
        return free + (operand.bank is Bank.REGISTERS)

    def arithmetic(self, node: ast.BinOp, free: int, bank: Bank) -> _Operand:
        # The left spine in a loop, so that a sum may have any number of terms.
        spine = [node]
        while isinstance(spine[-1].left, ast.BinOp):
            spine.append(spine[-1].left)
        total = self.number(spine[-1].left, free, bank)
        for term in reversed(spine):
            if isinstance(term.op, ast.Pow):
                self.fail(term, "a rule has no powers; write products, such as x * x")
            if type(term.op) not in _BINARY:
                self.fail(term, "a rule has no matrices to multiply")
            right = self.number(term.right, self.after(total, free), bank)
            total = self.emit(_BINARY[type(term.op)], free, total, right)
        return total

    def fold(self, operation: Operation, nodes: list[ast.expr], free: int, bank: Bank) -> _Operand:
        total = self.number(nodes[0], free, bank)
        for node in nodes[1:]:
            right = self.number(node, self.after(total, free), bank)
            total = self.emit(operation, free, total, right)
        return total

    def comparison(self, node: ast.Compare, free: int, bank: Bank) -> _Operand:
        # Whether a chain holds so far stays in `free`; the term that comes next goes behind it.
        chained = len(node.ops) > 1
        place = free + 1 if chained else free
        left = self.number(node.left, place, bank)
        for number, (comparison, right_node) in enumerate(
            zip(node.ops, node.comparators, strict=True)
        ):
            place = self.after(left, place)
            if isinstance(comparison, (ast.In, ast.NotIn)):
                if number + 1 < len(node.ops):
                    self.fail(right_node, "only a number can be compared further")
                target = place if number else free
                true = self.membership(comparison, left, right_node, target, place, bank)
            else:
                right = self.number(right_node, place, bank)
                target = self.after(right, place) if number else free
                true = self.compared(node, comparison, target, left, right)
                left = right
            if number:
                self.emit(Operation.AND, free, _Operand(Bank.REGISTERS, free), true)
        return _Operand(Bank.REGISTERS, free)

    def compared(
        self, node: ast.expr, comparison: ast.cmpop, result: int, left: _Operand, right: _Operand
    ) -> _Operand:
        if type(comparison) in _COMPARISONS:
            return self.emit(_COMPARISONS[type(comparison)], result, left, right)
        if type(comparison) in _MIRRORED:
            return self.emit(_MIRRORED[type(comparison)], result, right, left)
        self.fail(node, "numbers are compared with == != < <= > >= and in, not with is")

    def membership(
        self,
        comparison: ast.cmpop,
        left: _Operand,
        node: ast.expr,
        result: int,
        free: int,
        bank: Bank,
    ) -> _Operand:
        elements = self.members(node)
        if not elements:
            self.fail(
                node,
                "behind `in` numbers in parentheses are needed, such as (1, 2, 3), or a range, "
                "such as board[0:16]",
            )
        # `left` may be in the register `result`, so only the last instruction writes to it.
        found = None
        for number, (element, place) in enumerate(elements):
            last = number == len(elements) - 1
            if found is None:
                right = self.number_at(place, element, free, bank)
                found = self.emit(Operation.EQUAL, result if last else free, left, right)
            else:
                right = self.number_at(place, element, free + 1, bank)
                equal = self.emit(Operation.EQUAL, free + 1, left, right)
                found = self.emit(Operation.OR, result if last else free, found, equal)
        true = _Operand(Bank.REGISTERS, result)
        return self.emit(Operation.NOT, result, true) if isinstance(comparison, ast.NotIn) else true

    def choice(self, node: ast.IfExp, free: int, bank: Bank) -> _Operand:
        condition = self.number(node.test, free, bank)
        if condition.bank is not Bank.REGISTERS:
            condition = self.emit(Operation.COPY, free, condition)
        chosen = self.number(node.body, free + 1, bank)
        other = self.number(node.orelse, self.after(chosen, free + 1), bank)
        return self.emit(Operation.CHOOSE, free, chosen, other)

    def call(self, node: ast.Call, free: int, bank: Bank) -> _Operand:
        if not isinstance(node.func, ast.Name):
            self.fail(node.func, "only functions are called, by their names")
        name, arguments = node.func.id, node.args
        if name not in _SIGNATURES:
            self.fail_unknown(node.func, name, "function", _SIGNATURES)
        signature = _SIGNATURES[name]
        starred = any(isinstance(one, ast.Starred) for one in arguments)
        if name in _AGGREGATES and len(arguments) == 1 and not node.keywords and not starred:
            return self.aggregate(node, free, bank)
        given, needed = len(arguments), signature.count(",") + 1
        wrong = given < 2 if name in ("min", "max") else given != needed
        if wrong or node.keywords or starred:
            self.fail(node, f"{name} is called as {signature}")
        match name:
            case "watch":
                return self.watch_by_text(node.args[0], bank)
            case "previous":
                return self.remembered(node, free, bank, Bank.PREVIOUS)
            case "initial":
                return self.remembered(node, free, bank, Bank.INITIAL)
            case "delta":
                now = self.number(arguments[0], free, bank)
                before = self.remembered(node, self.after(now, free), bank, Bank.PREVIOUS)
                return self.emit(Operation.SUBTRACT, free, now, before)
            case "abs":
                return self.emit(Operation.ABSOLUTE, free, self.number(arguments[0], free, bank))
            case "sign":
                return self.emit(Operation.SIGN, free, self.number(arguments[0], free, bank))
            case "min":
                return self.fold(Operation.MINIMUM, arguments, free, bank)
            case "max":
                return self.fold(Operation.MAXIMUM, arguments, free, bank)
            case "clip":
                raised = self.fold(Operation.MAXIMUM, arguments[:2], free, bank)
                high = self.number(arguments[2], self.after(raised, free), bank)
                return self.emit(Operation.MINIMUM, free, raised, high)
            case _:  # bit
                return self.fold(Operation.BIT, arguments, free, bank)

    # Ranges of memory: what is computed from them is translated once for each of their elements

    def element(self, node: ast.Subscript, bank: Bank) -> _Operand:
        index = self.watch_before(node.value)
        behind: int
        if isinstance(node.slice, ast.Slice):
            if self.place is None:
                self.fail(node, _RANGE.format(self.names[index]))
            behind = self.extent(node)[self.place]
        else:
            behind = self.whole(node.slice)
        self.watches[self.names[index]] = None
        self.watch_reads += 1
        if behind == 0:
            return _Operand(bank, index)
        element = (self.names[index], behind)
        value = len(self.names) + self.elements.setdefault(element, len(self.elements))
        if value >= MOST_WATCHES:
            self.fail(node, f"the watches and the ranges have more than {MOST_WATCHES} numbers")
        return _Operand(bank, value)

    def watch_before(self, node: ast.expr) -> int:
        """The watch that is indexed."""
        match node:
            case ast.Name():
                if node.id not in self.indexes:
                    self.fail_unknown(node, node.id, "watch", self.names)
                return self.indexes[node.id]
            case ast.Call(func=ast.Name(id="watch"), args=[ast.Constant(value=str(name))]):
                if name not in self.indexes:
                    self.fail_unknown(node.args[0], name, "watch", self.names)
                return self.indexes[name]
        self.fail(node, "only watches have numbers behind them, such as board[3] or board[0:16]")

    def whole(self, node: ast.expr) -> int:
        match node:
            case ast.Constant(value=int(number)) if not isinstance(number, bool):
                if number >= MOST_WATCHES:
                    self.fail(node, f"this is too far behind; {MOST_WATCHES - 1} is the farthest")
                return number
        self.fail(
            node, "numbers behind a watch are counted with whole numbers from 0 up, as [0:16]"
        )

    def extent(self, node: ast.Subscript) -> range:
        """The places of a range behind its watch."""
        bounds = node.slice
        assert isinstance(bounds, ast.Slice)
        if bounds.upper is None:
            self.fail(node, "memory has no end here; a range says where it ends, as board[0:16]")
        extent = range(
            0 if bounds.lower is None else self.whole(bounds.lower),
            self.whole(bounds.upper),
            1 if bounds.step is None else max(self.whole(bounds.step), 1),
        )
        if not extent:
            self.fail(node, "there is no number in this range")
        return extent

    def members(self, node: ast.expr) -> list[tuple[ast.expr, int | None]]:
        """The numbers that a node is made of: expressions, and for which element of ranges."""
        if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
            return [(element, self.place) for element in node.elts]
        length = None
        open_nodes: list[ast.AST] = [node]
        while open_nodes:
            inner = open_nodes.pop()
            match inner:
                case ast.Call(func=ast.Name(id=name), args=[_]) if name in _AGGREGATES:
                    continue  # it has ranges of its own
                case ast.Subscript(slice=ast.Slice()):
                    found = len(self.extent(inner))
                    if length is not None and found != length:
                        self.fail(
                            inner, f"this range has {found} numbers, and the one before {length}"
                        )
                    length = found
                    continue
            open_nodes += reversed(list(ast.iter_child_nodes(inner)))
        return [(node, place) for place in range(length or 0)]

    def number_at(self, place: int | None, node: ast.expr, free: int, bank: Bank) -> _Operand:
        """A number for one element of the ranges in it."""
        outside, self.place = self.place, place
        operand = self.number(node, free, bank)
        self.place = outside
        return operand

    def aggregate(self, call: ast.Call, free: int, bank: Bank) -> _Operand:
        assert isinstance(call.func, ast.Name)
        name, argument = call.func.id, call.args[0]
        members = self.members(argument)
        if not members:
            self.fail(
                call,
                f"{name} is called as {_SIGNATURES[name]}; one argument is a range, such as "
                f"{name}(board[0:16]), or several numbers in parentheses",
            )
        zero = self.constant(0.0) if name in ("any", "all", "count") else None
        total = None
        for node, place in members:
            right = self.number_at(
                place, node, free if total is None else self.after(total, free), bank
            )
            if name == "count" and zero is not None:
                target = free if total is None else self.after(total, free)
                right = self.emit(Operation.NOT_EQUAL, target, right, zero)
            total = right if total is None else self.emit(_AGGREGATES[name], free, total, right)
        assert total is not None
        if name in ("any", "all") and zero is not None:
            return self.emit(Operation.NOT_EQUAL, free, total, zero)
        return total

    def watch_by_text(self, node: ast.expr, bank: Bank) -> _Operand:
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            self.fail(node, f"the name of a watch is written as {_SIGNATURES['watch']}")
        if node.value not in self.indexes:
            self.fail_unknown(node, node.value, "watch", self.names)
        return self.watch(node.value, bank)

    def remembered(self, call: ast.Call, free: int, bank: Bank, source: Bank) -> _Operand:
        """The argument of `call`, with all its watches read from `source`."""
        if bank is not Bank.VALUES:
            self.fail(
                call,
                f"this is inside {_FUNCTION_OF[bank]}(); only the frame before and the last reset "
                f"are remembered",
            )
        reads = self.watch_reads
        operand = self.number(call.args[0], free, source)
        if self.watch_reads == reads:
            self.fail(call, "there is no watch in it that could have changed")
        return operand
