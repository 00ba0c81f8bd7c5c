"""What all tests share."""

import signal

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell has what runs in the background ignore it, and programs under test would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
