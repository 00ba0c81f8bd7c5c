"""The harness by itself: python -m unittest, in this directory."""

import json
import subprocess
import sys
import unittest
from pathlib import Path

HARNESS = Path(__file__).with_name("harness.py")


def asked(*requests):
    """The responses of a fresh harness to these methods and params."""
    lines = [
        json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        for number, (method, params) in enumerate(requests, 1)
    ]
    done = subprocess.run(
        [sys.executable, str(HARNESS)],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def logon(name, flags=0):
    params = {"ulUIParam": 0, "lpszProfileName": "tester", "lpszPassword": "secret"}
    return "MAPILogon", {**params, "flFlags": flags, "ulReserved": 0, "lplhSession": name}


def logoff(session):
    params = {"lhSession": session, "ulUIParam": 0, "flFlags": 0, "ulReserved": 0}
    return "MAPILogoff", params


class HarnessTest(unittest.TestCase):
    def test_it_says_what_it_offers(self):
        (response,) = asked(("initialize", {"protocol": 1}))
        self.assertEqual(response["id"], 1)
        self.assertEqual(response["result"]["protocol"], 1)
        self.assertIn("MAPILogon", response["result"]["families"]["simple"]["functions"])

    def test_a_session_from_logon_to_second_logoff(self):
        responses = asked(
            ("begin", {"family": "simple"}),
            logon("h1"),
            ("observe", {}),
            logoff("h1"),
            logoff("h1"),
            ("observe", {}),
        )
        results = [response["result"] for response in responses]
        self.assertEqual(results[1]["return"], 0)
        self.assertNotEqual(int(results[1]["out"]["lplhSession"], 0), 0)
        self.assertEqual(results[2], {"live": {"sessions": 1}})
        self.assertEqual([results[3]["return"], results[4]["return"]], [0, 19])
        self.assertEqual(results[5], {"live": {"sessions": 0}})

    def test_a_forged_handle_is_no_session(self):
        responses = asked(("begin", {"family": "simple"}), logoff({"literal": "0x100000001"}))
        self.assertEqual(responses[1]["result"]["return"], 19)

    def test_begin_starts_from_nothing(self):
        begin = ("begin", {"family": "simple"})
        responses = asked(begin, logon("h1"), begin, ("observe", {}))
        self.assertEqual(responses[3]["result"], {"live": {"sessions": 0}})

    def test_what_cannot_be_asked_is_said_with_its_code(self):
        responses = asked(("begin", {"family": "simple"}), logon(None), ("MAPIAddress", {}))
        self.assertEqual([r["error"]["code"] for r in responses[1:]], [-32001, -32001])

    def test_it_ends_on_shutdown(self):
        self.assertEqual(len(asked(("shutdown", {}), ("observe", {}))), 1)


if __name__ == "__main__":
    unittest.main()
