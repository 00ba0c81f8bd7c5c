"""`python -m conformance` is `mapi-conformance`."""

import sys

from conformance.cli import main

sys.exit(main())
