"""The certificate of the TLS ports: made for each run, valid for loopback alone, never stored."""

from __future__ import annotations

import ssl

import trustme


def server_context() -> ssl.SSLContext:
    """A context for servers on loopback; no authority that anyone trusts has signed for it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority = trustme.CA(organization_name="mapi-conformance")
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context
