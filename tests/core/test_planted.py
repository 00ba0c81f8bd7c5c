"""A very broken implementation: each fault is found in one run, and none hides another."""

from __future__ import annotations

from pathlib import Path

from conformance.capabilities import Implementation
from conformance.confirm import Confirmed
from conformance.findings import Broken
from conformance.judge import judge
from conformance.requirements.load import catalogue
from conformance.run import Run
from conformance.verdicts import Verdict
from conformance.workspace import Settings, Workspace

from .fakes import Recorder
from .planted import BROKEN, planted


def test_each_of_many_faults_is_found_and_none_hides_another(tmp_path: Path) -> None:
    settings = Settings("planted", families=("imsg", "simple"), profile="smoke", seed=5)
    adapter = planted()
    run = Run(
        settings, Workspace(tmp_path), catalogue(), planted, settings.families,
        adapter.offer, Implementation("planted", "1"),
    )  # fmt: skip
    evidence, failures = run.gather()
    rulings, confirmed, conflicts = run.rulings(evidence, failures)
    failed = {name for name, ruling in rulings.items() if ruling.verdict is Verdict.FAIL}

    assert failures == []
    assert failed >= BROKEN
    # Beside these the faults may break rows with readings; nothing else is charged.
    assert all(rulings[name].requirement.level == "ambiguous" for name in failed - BROKEN), failed
    for name in ("IMSG-OPEN-01", "IMSG-MSG-01", "SIMPLE-LOGON-01", "SIMPLE-LOGOFF-01"):
        assert rulings[name].verdict is Verdict.PASS, name
    _every_trace_shows_its_own_fault(confirmed)
    assert set(conflicts) == {name for name in failed if rulings[name].conflict}
    assert all(conflicts.values())


def _every_trace_shows_its_own_fault(confirmed: dict[str, Confirmed]) -> None:
    offer = Recorder().offer
    for name, one in confirmed.items():
        violation = one.violation
        family = catalogue()[name].family
        findings = judge(violation.trace, family, offer[family], catalogue().homes[family])
        broken = [row for row, found in findings[-1] if isinstance(found, Broken)]
        assert name in broken, name
        assert len(violation.trace) <= 7, name
