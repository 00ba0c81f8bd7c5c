import io
import json
import subprocess
import sys
from typing import Any

import pytest

from adapters.reference import Reference
from adapters.serve import serve


def talk(*lines: Any) -> list[Any]:
    texts = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    answers = io.BytesIO()
    serve(Reference(), io.BytesIO(b"\n".join(texts) + b"\n"), answers)
    return [json.loads(line) for line in answers.getvalue().splitlines()]


def request(number: int, method: str, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def test_handshake_declares_every_family() -> None:
    (answer,) = talk(request(1, "initialize", protocol=1, suite={"name": "s", "version": "1"}))
    assert (answer["jsonrpc"], answer["id"]) == ("2.0", 1)
    assert answer["result"]["protocol"] == 1
    assert answer["result"]["implementation"]["name"] == "reference"
    families = answer["result"]["families"]
    assert set(families) == {"imsg", "simple", "email"}
    assert families["imsg"]["checked_handles"] is True
    assert set(families["imsg"]["observes"]) == {
        *("mallocs", "storages", "released", "live", "buffers")
    }
    assert {"MAPIInitialize", "IMessage.GetIDsFromNames"} < set(families["imsg"]["functions"])
    assert families["simple"]["observes"] == ["live"]
    assert families["simple"]["fail_allocation"] is True
    assert "ScMAPIXFromSMAPI" in families["simple"]["functions"]


def test_calls_are_answered_in_order_until_shutdown() -> None:
    answers = talk(
        b"",
        request(1, "begin", family="simple"),
        json.dumps(request(2, "world.profile")).encode() + b"\r",
        request(3, "MAPICopyMail"),
        request(4, "shutdown"),
        request(5, "observe"),
    )
    assert [answer["id"] for answer in answers] == [1, 2, 3, 4]
    assert answers[0]["result"] == {}
    assert set(answers[1]["result"]) == {"profile", "password"}
    assert answers[2]["error"]["code"] == -32601
    assert answers[3]["result"] == {}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"no json", -32700),
        ([], -32600),
        ({"id": 1}, -32600),
        ({"id": 1, "method": "begin", "params": []}, -32602),
        ({"id": 1, "method": "initialize", "params": {"protocol": 2}}, -32602),
        ({"id": 1, "method": "observe", "params": {}}, -32601),
    ],
)
def test_what_cannot_be_answered_is_an_error(line: Any, code: int) -> None:
    (answer,) = talk(line)
    assert answer["error"]["code"] == code


def test_module_serves_standard_input_and_ends_with_it() -> None:
    line = json.dumps(request(1, "begin", family="imsg")) + "\n"
    done = subprocess.run(
        [sys.executable, "-m", "adapters.reference"],
        input=line.encode(),
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert json.loads(done.stdout) == {"jsonrpc": "2.0", "id": 1, "result": {}}
    assert done.stderr == b""
