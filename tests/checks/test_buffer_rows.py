"""Blocks of the caller's memory routines that are left: IMSG-CLOSE-10 and IMSG-MSG-03 by hand."""

from conformance.trace import Call, Outcome, Step

from .steps import found, step
from .test_save_rows import start


def look(buffers: int) -> Step:
    lent = {"live": 0, "bytes": 0, "references": 1, "foreign_frees": 0}
    counted = {"live": buffers, "foreign_frees": 0}
    return step("observe", {}, mallocs={"m1": lent}, buffers=counted)


def read(found_some: bool = True) -> Step:
    props = {"0x340D0003": 0} if found_some else {}
    return step("IMessage.GetProps", {"this": "g1", "tags": ["0x340D0003"]}, props=props)


RELEASE = step("IMessage.Release", {"this": "g1"})
CLOSE = Step(Call("CloseIMsgSession", {"lpMsgSess": "s1"}), Outcome("result", {"return": None}))


def owned() -> list[Step]:
    """A message g1 in the session s1."""
    malloc, storage, build = start()
    params = {"lpMalloc": "m1", "ulFlags": 0, "lppMsgSess": "s1"}
    mine = Call("OpenIMsgOnIStg", {**build.call.params, "lpMsgSess": "s1"})
    opened = step("OpenIMsgSession", params, out={"lppMsgSess": "0x1"})
    return [malloc, storage, opened, Step(mine, build.outcome)]


def test_a_block_that_is_left_is_charged_to_what_ended_the_message() -> None:
    assert found("imsg", *owned(), CLOSE, look(1))[1] == {"IMSG-CLOSE-10"}
    assert found("imsg", *start(), RELEASE, look(1))[1] == {"IMSG-MSG-03"}
    assert found("imsg", *owned(), CLOSE, look(0))[1] == set()


def test_one_block_is_reported_once_and_none_while_a_message_is_open() -> None:
    assert found("imsg", *owned(), look(5))[1] == set()
    once = [*owned(), CLOSE, look(1)]
    later = [Step(s.call, s.outcome) for s in (*start()[1:], RELEASE)]
    renamed = [
        Step(Call(s.call.method, _second(s.call.params)), _second_out(s.outcome)) for s in later
    ]
    assert found("imsg", *once, *renamed, look(1))[1] == {"IMSG-CLOSE-10"}
    assert found("imsg", *once, *renamed, look(2))[1] == {"IMSG-CLOSE-10", "IMSG-MSG-03"}


def _second(params: object) -> dict[str, object]:
    given = {"t1": "t2", "g1": "g2"}
    assert isinstance(params, dict)
    return {key: given.get(str(value), value) for key, value in params.items()}


def _second_out(outcome: Outcome) -> Outcome:
    out = {"out": {"lppMsg": "0xg2"}} if "out" in outcome.body else {}
    return Outcome("result", {**outcome.body, **out})


def test_memory_that_was_handed_out_may_be_freed_late_by_the_harness() -> None:
    assert found("imsg", *owned(), read(), CLOSE, look(1))[1] == set()
    # Once the harness was seen to free what this function gives, a block is left by the message.
    shown = [*owned(), read(), look(0), read(), CLOSE]
    assert found("imsg", *shown, look(1))[1] == {"IMSG-CLOSE-10"}
    # An empty answer shows nothing about freeing.
    empty = [*owned(), read(found_some=False), look(0), read(), CLOSE]
    assert found("imsg", *empty, look(1))[1] == set()


def test_what_a_build_without_memory_leaves_is_charged_to_the_close() -> None:
    _, storage, opened, build = owned()
    malloc = step("world.malloc", {"name": "m1", "fail_after": 2})
    failed = Step(build.call, Outcome("result", {"return": 0x8007000E, "out": {"lppMsg": None}}))

    def seen(live: int) -> Step:
        lent = {"live": live, "bytes": 0, "references": 1, "foreign_frees": 0}
        return step("observe", {}, mallocs={"m1": lent})

    trace = [malloc, storage, opened, failed, CLOSE]
    assert found("imsg", *trace, seen(1))[1] == {"IMSG-CLOSE-10"}
    held, broken = found("imsg", *trace, seen(0))
    assert "IMSG-CLOSE-10" in held
    assert broken == set()
    lucky = Step(build.call, Outcome("result", {"return": 0, "out": {"lppMsg": "0x2"}}))
    assert found("imsg", *trace[:3], lucky, CLOSE, seen(1))[1] == set()
