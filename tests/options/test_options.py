"""Core options: five ways to declare them, one mapping to use them."""

from __future__ import annotations

import os
import sys
from collections.abc import MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from child import run_child
from observe import BuildCore, OpenCore, noted, words

from pylibretro import Core, Host, Language
from pylibretro.error import LibretroError, OptionError, UnknownOptionError

NOTHING, SET_VARIABLE, SET_WRONG_VARIABLE, HIDE, DECLARE_AGAIN, SET_NULL = range(6)
VARIABLES, V1, V2, V1_INTL, V2_INTL, V2_INTL_WITHOUT_LOCAL = range(6)
ALL = pytest.mark.parametrize(
    "interface", [VARIABLES, V1, V2, V1_INTL, V2_INTL], ids=["v0", "v1", "v2", "v1 intl", "v2 intl"]
)
DECLARATIONS = {
    VARIABLES: "SET_VARIABLES",
    V1: "SET_CORE_OPTIONS",
    V2: "SET_CORE_OPTIONS_V2",
    V1_INTL: "SET_CORE_OPTIONS_INTL",
    V2_INTL: "SET_CORE_OPTIONS_V2_INTL",
}
DEFAULTS = {
    "test_colour": "green",
    "test_speed": "1x",
    "test_no_default": "first",
    "test_wrong_default": "first",
    "test_many": "100",
    "test_undescribed": "off",
}


def open_options(
    open_core: OpenCore, interface: int = V2, does: int = NOTHING, **wishes: Any
) -> Core:
    flags = (f"-DOPTIONS_INTERFACE={interface}",)
    return open_core("options", bytes([does]), flags=flags, **wishes)


def seen(core: Core) -> dict[str, str]:
    """The values that the core got in its last frame."""
    return {key: value for key, value in noted(core).items() if "(unknown)" not in value}


@pytest.mark.environment(
    "GET_VARIABLE", "the value of the option; false for one that was not declared"
)
@pytest.mark.parametrize(
    "interface",
    [
        pytest.param(number, marks=pytest.mark.environment(name, "`core.options`"), id=name)
        for number, name in DECLARATIONS.items()
    ],
)
def test_the_core_sees_its_defaults(open_core: OpenCore, interface: int) -> None:
    core = open_options(open_core, interface)
    assert isinstance(core.options, MutableMapping)
    assert dict(core.options) == DEFAULTS
    core.run()
    assert seen(core) == DEFAULTS
    assert noted(core)["test_late"] == "(null) (unknown)"
    assert words(core)[9:11] == [1, 2], "GET_CORE_OPTIONS_VERSION answers 2"


@ALL
def test_values(open_core: OpenCore, interface: int) -> None:
    definitions = open_options(open_core, interface).options.definitions
    assert list(definitions) == list(DEFAULTS)
    assert sorted(definitions["test_colour"].values) == ["blue", "green", "red"]
    assert definitions["test_speed"].values == ("1x", "2x")
    many = definitions["test_many"].values
    if interface == VARIABLES:
        assert sorted(map(int, many)) == list(range(200))
    else:
        assert many == tuple(str(number) for number in range(128))
    for key, definition in definitions.items():
        assert definition.key == key
        assert definition.default == DEFAULTS[key]
        assert definition.visible


@ALL
def test_descriptions_are_copied_and_english(open_core: OpenCore, interface: int) -> None:
    definitions = open_options(open_core, interface).options.definitions
    assert "Colour" in definitions["test_colour"].description
    assert definitions["test_many"].description == "Many values"
    assert definitions["test_undescribed"].description == ""


INTL = pytest.mark.parametrize("interface", [V1_INTL, V2_INTL], ids=["v1 intl", "v2 intl"])


@pytest.mark.environment("SET_CORE_OPTIONS_INTL", "texts in the language of `Host(language=...)`")
@pytest.mark.environment(
    "SET_CORE_OPTIONS_V2_INTL", "texts in the language of `Host(language=...)`"
)
@INTL
@pytest.mark.parametrize("language", [Language.GERMAN, 4, Language.BRITISH_ENGLISH])
def test_texts_in_the_language_asked_for(
    open_core: OpenCore, interface: int, language: int
) -> None:
    core = open_options(open_core, interface, host=Host(language=language))
    definitions = core.options.definitions
    colour, speed = definitions["test_colour"], definitions["test_speed"]
    assert colour.description == "Bild > Farbe"
    assert colour.info == "Colour of everything", "left out: as in English"
    assert colour.labels == ("Red as a rose", "Grün", "Blau"), "by value, not by place"
    assert (speed.description, speed.info, speed.labels) == ("Tempo", "", ("einfach", "2x"))
    assert definitions["test_many"].description == "Many values", "no such key in German"
    assert "test_unknown" not in definitions


@INTL
def test_keys_values_and_defaults_are_those_of_english(open_core: OpenCore, interface: int) -> None:
    german = open_options(open_core, interface, host=Host(language=Language.GERMAN))
    english = open_options(open_core, interface)
    assert dict(german.options) == DEFAULTS
    for key, definition in german.options.definitions.items():
        original = english.options.definitions[key]
        assert (definition.values, definition.default, definition.category) == (
            original.values,
            original.default,
            original.category,
        )
    german.options["test_colour"] = "blue"
    german.run()
    assert seen(german) == {**DEFAULTS, "test_colour": "blue"}


def test_categories_in_the_language_asked_for(open_core: OpenCore) -> None:
    options = open_options(open_core, V2_INTL, host=Host(language=Language.GERMAN)).options
    assert [tuple(category) for category in options.categories.values()] == [
        ("picture", "Bild", "What is seen"),
        ("machine", "Maschine", "Wie sie läuft"),
    ]


@pytest.mark.parametrize("language", [Language.ENGLISH, None])
@INTL
def test_no_other_language_no_other_texts(
    open_core: OpenCore, interface: int, language: int | None
) -> None:
    core = open_options(open_core, interface, host=Host(language=language))
    assert "Colour" in core.options.definitions["test_colour"].description


def test_a_core_may_not_have_the_language(open_core: OpenCore) -> None:
    core = open_options(open_core, V2_INTL_WITHOUT_LOCAL, host=Host(language=Language.GERMAN))
    assert core.options.definitions["test_colour"].description == "Picture > Colour"
    assert dict(core.options) == DEFAULTS


def test_labels_categories_and_infos(open_core: OpenCore) -> None:
    options = open_options(open_core, V2).options
    colour = options.definitions["test_colour"]
    assert colour.labels == ("Red as a rose", "green", "Blue")
    assert colour.category == "picture"
    assert "colour" in colour.info.lower()
    assert options.definitions["test_no_default"].category is None
    assert [tuple(category) for category in options.categories.values()] == [
        ("picture", "Picture", "What is seen"),
        ("machine", "Machine", ""),
    ]


@pytest.mark.environment("GET_VARIABLE_UPDATE", "true once after a change")
@ALL
def test_a_change_is_told_once_and_arrives_with_the_next_frame(
    open_core: OpenCore, interface: int
) -> None:
    core = open_options(open_core, interface)
    core.run(2)
    updates = words(core)[1]
    core.options["test_colour"] = "blue"
    assert core.options["test_colour"] == "blue"
    core.run(5)
    assert words(core)[1] == updates + 1
    assert words(core)[2] == 3
    assert seen(core) == {**DEFAULTS, "test_colour": "blue"}
    assert words(core)[3] == 0, "the text of an unchanged value must not move"


@pytest.mark.environment("GET_VARIABLE_UPDATE")
def test_no_change_no_update(open_core: OpenCore) -> None:
    core = open_options(open_core)
    core.options["test_colour"] = "green"
    core.run(5)
    assert words(core)[1] == 0


@ALL
def test_options_can_be_given_before_the_core_starts(open_core: OpenCore, interface: int) -> None:
    core = open_options(open_core, interface, options={"test_colour": "red", "test_many": "127"})
    assert core.options["test_colour"] == "red"
    core.run()
    assert seen(core) == {**DEFAULTS, "test_colour": "red", "test_many": "127"}


def test_a_wrong_key_or_value_raises(open_core: OpenCore) -> None:
    core = open_options(open_core)
    with pytest.raises(OptionError, match=r"red.*green.*blue"):
        core.options["test_colour"] = "infrared"
    with pytest.raises(KeyError, match="test_colour"):
        core.options["test_color"] = "red"
    with pytest.raises(KeyError, match="no option"):
        core.options["test_color"]
    with pytest.raises(OptionError, match="text"):
        core.options["test_many"] = 7  # type: ignore[assignment]
    with pytest.raises(TypeError, match="deleted"):
        del core.options["test_colour"]
    core.run()
    assert seen(core) == DEFAULTS


@pytest.mark.parametrize(
    "options", [{"test_colour": "infrared"}, {"test_color": "red"}, {"test_colour": 3}]
)
def test_a_wrong_key_or_value_is_refused_at_the_start(
    open_core: OpenCore, options: dict[str, Any]
) -> None:
    with pytest.raises(OptionError, match="test_colo"):
        open_options(open_core, options=options)


def test_update_sets_all_or_nothing(open_core: OpenCore) -> None:
    options = open_options(open_core).options
    options.update({"test_colour": "red"}, test_speed="2x")
    assert (options["test_colour"], options["test_speed"]) == ("red", "2x")
    with pytest.raises(OptionError, match="3x"):
        options.update({"test_colour": "blue", "test_speed": "3x"})
    assert (options["test_colour"], options["test_speed"]) == ("red", "2x")


def test_it_is_a_mapping(open_core: OpenCore) -> None:
    options = open_options(open_core).options
    assert len(options) == len(DEFAULTS)
    assert "test_colour" in options
    assert "test_color" not in options
    assert 3 not in options  # type: ignore[comparison-overlap]
    assert options.get("test_color") is None
    assert options.get("test_color", "red") == "red"
    assert list(options.keys()) == list(DEFAULTS)
    assert list(options.values()) == list(DEFAULTS.values())
    assert dict(options.items()) == DEFAULTS


@pytest.mark.environment("SET_VARIABLE", "the option changes")
def test_the_core_may_set_a_variable_itself(open_core: OpenCore) -> None:
    core = open_options(open_core, does=SET_VARIABLE)
    core.run(5)
    assert core.options["test_colour"] == "blue"
    assert words(core)[4] == 1
    assert words(core)[1:3] == [1, 4], "the core is told of it like of any change"


@pytest.mark.environment("SET_VARIABLE", "refused for what was not declared")
def test_the_core_cannot_set_what_it_did_not_declare(open_core: OpenCore) -> None:
    core = open_options(open_core, does=SET_WRONG_VARIABLE)
    core.run(5)
    assert words(core)[4:7] == [0, 0, 0]
    assert dict(core.options) == DEFAULTS
    assert words(core)[1] == 0


@pytest.mark.environment("SET_VARIABLE")
def test_set_variable_with_null_asks_for_support(open_core: OpenCore) -> None:
    core = open_options(open_core, does=SET_NULL)
    core.run(3)
    assert words(core)[4] == 1


@pytest.mark.environment("SET_CORE_OPTIONS_DISPLAY", "`core.options.definitions[key].visible`")
def test_the_core_may_hide_an_option(open_core: OpenCore) -> None:
    core = open_options(open_core, does=HIDE)
    core.run(2)
    assert core.options.definitions["test_speed"].visible
    core.run()
    assert not core.options.definitions["test_speed"].visible
    assert core.options.definitions["test_colour"].visible
    assert core.options["test_speed"] == "1x", "a hidden option keeps its value"


def test_the_core_may_declare_again_while_running(open_core: OpenCore) -> None:
    core = open_options(open_core, does=DECLARE_AGAIN, options={"test_colour": "red"})
    core.run(5)
    assert dict(core.options) == {"test_colour": "red", "test_late": "never"}
    assert core.options.definitions["test_colour"].values == ("green", "red", "purple")
    core.options["test_late"] = "now"
    core.run()
    assert seen(core)["test_late"] == "now"


def test_a_value_no_longer_offered_becomes_the_default(open_core: OpenCore) -> None:
    core = open_options(open_core, does=DECLARE_AGAIN, options={"test_colour": "blue"})
    core.run(3)
    assert core.options["test_colour"] == "green"


@pytest.mark.environment(
    "SET_CORE_OPTIONS_UPDATE_DISPLAY_CALLBACK", "called after each change of an option"
)
def test_visibility_follows_the_values(open_core: OpenCore) -> None:
    core = open_core("option_display")
    assert not core.options.definitions["test_detail"].visible
    core.options["test_advanced"] = "on"
    assert core.options.definitions["test_detail"].visible
    core.options["test_advanced"] = "off"
    assert not core.options.definitions["test_detail"].visible


@pytest.mark.environment(
    "SET_CORE_OPTIONS_UPDATE_DISPLAY_CALLBACK", "and after a run in which the core changed one"
)
def test_visibility_follows_what_the_core_changes(open_core: OpenCore) -> None:
    core = open_core("option_display")
    core.run(2)
    asked = words(core)[1]
    assert not core.options.definitions["test_detail"].visible
    core.run(2)
    assert core.options["test_advanced"] == "on"
    assert core.options.definitions["test_detail"].visible
    assert words(core)[1] == asked + 1
    core.run(2)
    assert words(core)[1] == asked + 1, "asked once"


def test_options_are_those_of_one_core(open_core: OpenCore) -> None:
    first = open_options(open_core)
    second = open_options(open_core)
    first.options["test_colour"] = "red"
    first.run()
    second.run()
    assert seen(first)["test_colour"] == "red"
    assert seen(second)["test_colour"] == "green"


def test_a_core_without_options(open_core: OpenCore) -> None:
    core = open_core("plain")
    assert dict(core.options) == {}
    assert core.options.definitions == {}
    with pytest.raises(OptionError, match="no options"):
        core.options["anything"] = "x"


def test_options_after_close(open_core: OpenCore) -> None:
    core = open_options(open_core)
    options = core.options
    core.close()
    for use in (lambda: options["test_colour"], lambda: len(options), lambda: list(options)):
        with pytest.raises(LibretroError, match="closed"):
            use()


def test_cores_that_declare_the_same_keep_values_and_visibility_apart(
    open_core: OpenCore,
) -> None:
    first = open_options(open_core, does=HIDE)
    second = open_options(open_core, does=NOTHING)
    other = open_options(open_core, V1)
    first.options["test_colour"] = "blue"
    for core in (first, second, other):
        core.run(5)
    assert noted(first)["test_colour"] == "blue"
    assert noted(second)["test_colour"] == noted(other)["test_colour"] == "green"
    assert not all(each.visible for each in first.options.definitions.values())
    assert all(each.visible for each in second.options.definitions.values())
    first.close()
    second.options["test_colour"] = "red"
    second.run()
    assert noted(second)["test_colour"] == "red"
    assert other.options.definitions["test_colour"].labels == ("Red as a rose", "green", "Blue")


@pytest.mark.parametrize("declares", ["the same", "two in turns"])
def test_declaring_again_and_again_takes_no_more_memory(
    build_core: BuildCore, declares: str
) -> None:
    """And copies of a core have its large table once: it takes two megabytes."""
    if os.environ.get("LD_PRELOAD"):
        pytest.skip("a sanitizer keeps what has been freed")
    if sys.platform != "linux":
        pytest.skip("private memory is read from /proc, which Linux has")
    core = build_core("many_options", f"-DTABLES={1 if declares == 'the same' else 2}")
    grown = run_child(
        """
def private_memory():
    lines = open("/proc/self/smaps_rollup").read().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))

first = Core(sys.argv[1])
first.run(4)
before = private_memory()
first.run(100)
more = [Core(sys.argv[1]) for _ in range(20)]
for core in more:
    core.run(4)
assert first.memory.system_ram.view(np.uint32)[0] == 104, "a declaration was refused"
assert len(more[0].options) == 100
print(private_memory() - before)
""",
        core,
    )
    assert int(grown) < 30_000, "twenty copies and a hundred declarations take over 30 MB"


def test_threads_declare_and_forget_the_same_options(build_core: BuildCore) -> None:
    cores = [build_core("options", f"-DOPTIONS_INTERFACE={each}") for each in (V1, V2)]

    def play(number: int) -> dict[str, str]:
        for i in range(25):
            with Core(cores[(number + i) % 2]) as core:
                core.options["test_speed"] = "2x"
                core.run(2)
                seen_values = seen(core)
                assert seen_values == {**DEFAULTS, "test_speed": "2x"}
        return seen_values

    with ThreadPoolExecutor(4) as executor:
        assert len(list(executor.map(play, range(4)))) == 4


@pytest.mark.parametrize("interface", [0, 1])
def test_keys_and_values_that_are_no_utf8(open_core: OpenCore, interface: int) -> None:
    """What iteration gives can be looked up, set and given to another Core."""
    flags = (f"-DODD_INTERFACE={interface}",)
    core = open_core("odd_options", flags=flags)
    coffee = next(iter(core.options))
    assert coffee.encode(errors="surrogateescape") == b"caf\xe9"
    cream, black = core.options.definitions[coffee].values
    assert core.options[coffee] == cream
    assert coffee in core.options
    core.run()
    assert noted(core)["0"] == "cream"
    core.options[coffee] = black
    core.run()
    assert noted(core)["0"] == "noir"
    core.options[coffee] = cream
    core.run()
    assert noted(core)["0"] == "cream"
    other = open_core("odd_options", flags=flags, options={coffee: black})
    other.run()
    assert noted(other)["0"] == "noir"
    assert dict(other.options)[coffee] == black
    with pytest.raises(OptionError):
        open_core("odd_options", flags=flags, options={coffee: "caf\udce9"})
    with pytest.raises(UnknownOptionError):
        core.options["caf\ud800"]


@pytest.mark.parametrize("interface", [0, 1])
def test_of_an_option_declared_twice_the_first_counts(open_core: OpenCore, interface: int) -> None:
    core = open_core("odd_options", flags=(f"-DODD_INTERFACE={interface}",))
    assert list(core.options)[1:] == ["twice", "spaces"]
    assert len(core.options) == len(dict(core.options)) == 3
    assert core.options.definitions["twice"].values == ("one", "two")
    core.options["twice"] = "two"
    core.run()
    assert noted(core)["1"] == "two"
