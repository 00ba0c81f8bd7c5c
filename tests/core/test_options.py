"""The command line: what it is turned into, and what it refuses."""

from __future__ import annotations

import pytest

from conformance.errors import UsageError
from conformance.options import families, parser, reading, settings, split
from conformance.requirements.load import catalogue
from conformance.workspace import Settings


def parsed(*arguments: str) -> Settings:
    given, command = split(["run", *arguments])
    return settings(parser().parse_args(given), command, catalogue())


def test_everything_after_the_dashes_is_the_command() -> None:
    assert split(["run", "--", "python", "-m", "x", "--", "y"]) == (
        ["run"],
        ("python", "-m", "x", "--", "y"),
    )
    assert parsed("--adapter", "stdio", "--", "a", "--seed", "1").command == ("a", "--seed", "1")


def test_the_defaults_are_those_of_the_contract() -> None:
    chosen = parsed()
    assert (chosen.adapter, chosen.profile, chosen.call_timeout, chosen.jobs) == (
        "reference",
        "ci",
        5.0,
        1,
    )
    assert not chosen.strict
    assert chosen.families == ()


def test_a_seed_that_is_not_given_is_a_new_one() -> None:
    assert len({parsed().seed for _ in range(5)}) > 1
    assert parsed("--seed", "0").seed == 0


def test_families_are_put_in_order_and_must_exist() -> None:
    assert families(" simple, imsg ,") == ("imsg", "simple")
    assert families("") == ()
    with pytest.raises(UsageError, match="telex"):
        families("imsg,telex")


@pytest.mark.parametrize("text", ["IMSG-OPEN-05=B", "SIMPLE-LOGOFF-03=any"])
def test_a_reading_is_chosen_by_its_letter_or_any(text: str) -> None:
    name, _, letter = text.partition("=")
    assert reading(text, catalogue()) == (name, letter)
    assert parsed("--reading", text).readings == ((name, letter),)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("IMSG-OPEN-99=A", "IMSG-OPEN-99"),
        ("IMSG-OPEN-05=Z", "Z"),
        ("IMSG-OPEN-05=", "IMSG-OPEN-05"),
        ("IMSG-OPEN-05", "IMSG-OPEN-05"),
        ("IMSG-OPEN-01=A", "IMSG-OPEN-01"),
        ("=A", "=A"),
    ],
)
def test_a_reading_that_does_not_exist_is_refused_by_name(text: str, says: str) -> None:
    with pytest.raises(UsageError) as refused:
        reading(text, catalogue())
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--seed", "-1"],
        ["--seed", "1.5"],
        ["--seed", "now"],
        ["--jobs", "0"],
        ["--jobs", "-2"],
        ["--jobs", "many"],
        ["--call-timeout", "0"],
        ["--call-timeout", "nan"],
        ["--call-timeout", "inf"],
        ["--call-timeout", "soon"],
        ["--profile", "huge"],
        ["--no-such-option"],
        ["surplus"],
    ],
)
def test_bad_options_are_refused_in_one_line_without_internals(arguments: list[str]) -> None:
    with pytest.raises(UsageError) as refused:
        parsed(*arguments)
    assert "\n" not in str(refused.value)
    assert " _" not in str(refused.value)


def test_settings_survive_json() -> None:
    chosen = parsed(
        "--families", "imsg", "--reading", "IMSG-OPEN-05=B", "--strict", "--adapter", "stdio",
        "--seed", "7", "--", "python", "harness.py",
    )  # fmt: skip
    assert Settings.from_json(chosen.to_json()) == chosen
