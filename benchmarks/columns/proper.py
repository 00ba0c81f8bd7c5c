"""PropEr on the small session API: makes Erlang terms of the table and runs `proper.escript`."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from small import terms

from columns.common import SMALL


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--table", default="faults.json")
    parser.add_argument("--seeds", default="10")
    parser.add_argument("--calls", default="20000")
    parser.add_argument("--only", default="")
    parser.add_argument("--plain", action="store_true")
    options = parser.parse_args()
    rows = json.loads((SMALL / options.table).read_text(encoding="utf-8"))
    script = Path(__file__).with_name("proper.escript")
    with tempfile.NamedTemporaryFile("w", suffix=".terms", encoding="utf-8") as file:
        for row in rows:
            if options.only in ("", row["name"]):
                fault = terms.fault(row["fault"])
                file.write(f'{{"{row["name"]}", {row["part"]}, {fault}}}.\n')
        file.flush()
        how = "plain" if options.plain else "tuned"
        command = ["escript", str(script), file.name, options.seeds, options.calls, how]
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
