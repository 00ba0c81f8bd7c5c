"""The method `parallel`: the calls of several threads at the same time, each with its stamps."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

from adapters.reference.guard import Guard
from adapters.reference.wire import Params, bad

Perform = Callable[[str, Params], dict[str, Any]]
"""(method, params) -> the member `result` or `error` of an answer."""


class Threads:
    """One `parallel` call: a thread for each list of calls, and one counter for their stamps."""

    def __init__(self, params: Params, guard: Guard, perform: Perform) -> None:
        self._threads = _lists(params)
        self._guard = guard
        self._perform = perform
        self._stamps = count()
        self._stamping = threading.Lock()
        self._start = threading.Barrier(max(1, len(self._threads)))
        self._deaths: list[BaseException] = []

    def run(self) -> dict[str, Any]:
        """The answers; what kills one thread is raised once all have ended."""
        answers: list[list[dict[str, Any]]] = [[] for _ in self._threads]
        started = [
            threading.Thread(target=self._work, args=pair, daemon=True)
            for pair in zip(self._threads, answers, strict=True)
        ]
        self._guard.threads = len(started)
        for thread in started:
            thread.start()
        for thread in started:
            thread.join()
        if self._deaths:
            raise self._deaths[0]
        return {"threads": answers}

    def _work(self, calls: Sequence[Any], answers: list[dict[str, Any]]) -> None:
        start = self._stamp()
        self._start.wait()
        try:
            for number, call in enumerate(calls):
                start = self._stamp() if number else start
                answer = self._perform(call["method"], call.get("params", {}))
                answers.append({**answer, "start": start, "end": self._stamp()})
        except BaseException as death:
            self._deaths.append(death)
        finally:
            with self._stamping:
                self._guard.threads -= 1

    def _stamp(self) -> int:
        with self._stamping:
            return next(self._stamps)


def _lists(params: Params) -> list[list[Any]]:
    threads = params.get("threads")
    if not isinstance(threads, list) or not all(isinstance(thread, list) for thread in threads):
        raise bad("threads is no list of lists")
    for thread in threads:
        for call in thread:
            if not isinstance(call, dict) or not isinstance(call.get("method"), str):
                raise bad("a call of a thread has no method")
    return threads
