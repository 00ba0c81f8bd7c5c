"""Opening sessions, by hand: rows IMSG-OPEN."""

from .steps import found, step


def test_null_beside_mapi_unicode_is_refused_with_any_code() -> None:
    malloc = step("world.malloc", {"name": "m1", "fail_after": None})
    for rule, params in (
        ("IMSG-OPEN-02", {"lpMalloc": None, "lppMsgSess": "s1"}),
        ("IMSG-OPEN-03", {"lpMalloc": "m1", "lppMsgSess": None}),
    ):
        unicode = {**params, "ulFlags": 0x80000000}
        assert found("imsg", malloc, step("OpenIMsgSession", unicode))[1] >= {rule}
        for code in (0x80070057, 0x80040106, 0x80004005):
            refused = step("OpenIMsgSession", unicode, code=code)
            assert found("imsg", malloc, refused)[1] == set()
