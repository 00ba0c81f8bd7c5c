"""The mail servers of a run, and the observer that counts what they see.

| module | its one job |
|---|---|
| `served` | puts `servers.*` around an adapter; the rest of the suite sees this one only |
| `servers` | the process that the servers and the observer live in, and its commands |
| `observer` | stands before every server, counts connections and plays faults |
| `dialogue` | follows what both sides say: who logged in, who took leave, what was sent |
| `embedded`, `mailbox` | the default servers, of Twisted, and what they serve |
| `dovecot` | Dovecot instead of them |
| `certificate` | the certificate of the TLS ports, made at the start |
| `vocabulary` | protocols, faults, kinds of servers |
"""
