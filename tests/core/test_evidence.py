"""Evidence: what is counted and kept, and that parts of a run add up."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from conformance.evidence import KEPT, Evidence, Violation
from conformance.findings import HELD, Held
from conformance.trace import Call, Step

from .fakes import CRASH, OBSERVE, sessions

ROW = "SIMPLE-LOGOFF-02"


def trace(length: int) -> tuple[Step, ...]:
    return tuple(Step(OBSERVE, sessions(number)) for number in range(length))


def violation(length: int, observed: str) -> Violation:
    return Violation(trace(length), "19", observed, "walker", length)


def evidence(*facts: tuple[int, str]) -> Evidence:
    """Evidence of violations, each of some length with something observed."""
    found = Evidence()
    for length, observed in facts:
        found.note_broken(ROW, violation(length, observed))
    return found


FACTS = st.lists(st.tuples(st.integers(1, 9), st.sampled_from("abcdef")), max_size=12)


@given(FACTS)
def test_the_shortest_violations_are_kept_one_for_each_thing_observed(
    facts: list[tuple[int, str]],
) -> None:
    row = evidence(*facts).row(ROW)
    shortest = {what: min(n for n, seen in facts if seen == what) for _, what in facts}
    lengths = [len(kept.trace) for kept in row.violations]

    assert row.broken == row.exercised == len(facts)
    assert row.held == 0
    assert len(lengths) == min(KEPT, len(shortest))
    assert len({kept.observed for kept in row.violations}) == len(lengths)
    assert lengths == sorted(lengths)
    if facts:
        assert lengths[0] == min(shortest.values())


@given(FACTS, FACTS)
def test_two_parts_add_up_to_the_whole(
    one: list[tuple[int, str]], other: list[tuple[int, str]]
) -> None:
    merged, whole = evidence(*one), evidence(*one, *other)
    merged.merge(evidence(*other))
    assert merged.row(ROW).broken == whole.row(ROW).broken
    assert len(merged.row(ROW).violations) == len(whole.row(ROW).violations)
    if one or other:
        assert (
            merged.row(ROW).violations[0].trace == whole.row(ROW).violations[0].trace
        )  # the shortest


def full() -> Evidence:
    found = evidence((3, "a"), (2, "b"))
    found.calls, found.sequences = 20, 4
    found.note_held("SIMPLE-LOGON-08", Held(frozenset("A"), "flags"), trace(2))
    found.note_held("SIMPLE-LOGON-08", Held(frozenset("A"), "flags"), trace(1))
    found.note_held("SIMPLE-LOGON-08", Held(frozenset("AB"), "reserved"), trace(1))
    found.note_held("SIMPLE-LOGON-01", HELD, trace(5))
    found.stubs["MAPIFindNext"] = 2
    found.absent["MAPIReadMail"] = 1
    step = (Step(Call("MAPIFindNext", {}), CRASH),)
    found.note_incident("simple", "MAPIFindNext", "the process died", step)
    found.note_incident("simple", "MAPIFindNext", "the process died", step)
    return found


def test_evidence_survives_json() -> None:
    found = full()
    assert Evidence.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_readings_are_kept_apart_by_set_and_by_aspect() -> None:
    row = full().row("SIMPLE-LOGON-08")
    counts = {(key, taken.aspect): taken.held for (key, _), taken in row.taken.items()}
    assert counts == {(frozenset("A"), "flags"): 2, (frozenset("AB"), "reserved"): 1}
    assert row.taken[frozenset("A"), "flags"].trace == trace(2)


def test_traces_of_a_plain_success_are_not_kept() -> None:
    row = full().row("SIMPLE-LOGON-01")
    assert (row.exercised, row.held, row.taken, row.violations) == (1, 1, {}, [])


def test_an_incident_is_kept_once_and_counted() -> None:
    merged = full()
    merged.merge(full())
    (incident,) = merged.incidents.values()
    assert incident.count == 4
    assert merged.stubs == {"MAPIFindNext": 4}
    assert merged.absent == {"MAPIReadMail": 2}
    assert (merged.calls, merged.sequences) == (40, 8)
    assert merged.row("SIMPLE-LOGON-08").taken[frozenset("A"), "flags"].held == 4
