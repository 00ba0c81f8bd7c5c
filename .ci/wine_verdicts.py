"""The verdicts that Wine's mapi32.dll must get, from what its source does."""

import json
import sys
from pathlib import Path

FAILS_WITHIN_THREE_CALLS = (
    "SIMPLE-LOGON-07",
    "SIMPLE-LOGOFF-02",
    "SIMPLE-LOGOFF-03",
    "SIMPLE-LOGOFF-04",
    "SIMPLE-LOGOFF-05",
)

results = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
rows = {row["id"]: row for row in results["requirements"]}
for name in FAILS_WITHIN_THREE_CALLS:
    assert rows[name]["verdict"] == "fail", (name, rows[name]["verdict"])
    assert len(rows[name]["violations"][0]["trace"]) <= 3, name
message_sessions = [row for row in rows.values() if row["family"] == "imsg"]
assert rows["IMSG-OPEN-01"]["verdict"] == "not-implemented"
assert rows["IMSG-CLOSE-01"]["verdict"] == "not-implemented"
assert not [row["id"] for row in message_sessions if row["verdict"] == "pass"]
print(f"{len(rows)} verdicts, as they must be for Wine's mapi32.dll")
