"""Runs tasks in several processes, which end when the process that started them does.

A worker gets a few tasks at a time and sends each result by itself: if a worker is killed, only the task
that it was working on is lost.
"""

import os
import pickle
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkContext, SpawnContext
from typing import Any, Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

LARGEST_CHUNK = 8
CHUNKS = 4
"""The smallest number of chunks per process, so that all processes finish at about the same time."""

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""What the parent turns into exceptions; its workers ignore Ctrl-C and end at once on the others."""


def cores() -> int:
    """The number of processors available to this process."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def spread(
    work: Callable[[T], R],
    tasks: Sequence[T],
    processes: int,
    lost: Callable[[T], R],
    *,
    is_threaded: bool = False,
) -> Generator[R, None, None]:
    """The results of tasks in order; `lost` is the result of a task whose process was killed.

    With `is_threaded`, a library may have threads that Python does not count, such as PyTorch's: a forked
    process would wait for them forever. `work` and the tasks are pickled. Close the iterator to stop the
    processes.
    """
    pool = _Pool(work, tasks, min(processes, len(tasks)), lost, is_threaded)
    try:
        for number in range(len(tasks)):
            while number not in pool.results:
                pool.advance()
            yield pool.results.pop(number)
    finally:
        pool.stop()


def _send(connection: Connection, data: object) -> None:
    """Like `Connection.send`, of whose buffer Python 3.13 complains when a signal interrupts it."""
    connection.send_bytes(pickle.dumps(data))


def _received(connection: Connection) -> Any:
    """What `_send` sent; both ends are processes of the same program."""
    return pickle.loads(connection.recv_bytes())


class _Worker:
    """A process, the connection to it, and the numbers of the tasks that it still has."""

    def __init__(self, work: Callable[[T], R], is_threaded: bool) -> None:
        is_alone = sys.platform == "linux" and threading.active_count() == 1 and not is_threaded
        context: ForkContext | SpawnContext = get_context("fork") if is_alone else get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, work), daemon=True)
        self.tasks: deque[int] = deque()
        self.is_ready = False
        try:
            with _uninterrupted():
                self.process.start()
        finally:
            theirs.close()

    def stop(self) -> None:
        self.process.kill()
        self.process.join()
        self.connection.close()


class _Pool(Generic[T, R]):
    """The workers, and the tasks that none of them has yet."""

    def __init__(
        self,
        work: Callable[[T], R],
        tasks: Sequence[T],
        processes: int,
        lost: Callable[[T], R],
        is_threaded: bool,
    ) -> None:
        self.results: dict[int, R] = {}
        self._work, self._tasks, self._lost = work, tasks, lost
        self._is_threaded = is_threaded
        self._waiting = deque(range(len(tasks)))
        self._chunk = max(1, min(LARGEST_CHUNK, len(tasks) // (processes * CHUNKS)))
        self._workers: dict[Connection, _Worker] = {}
        self._missing = processes

    def advance(self) -> None:
        """Waits for the next results; runs a task in this process if no worker can be started."""
        for _ in range(self._missing):
            worker = _Worker(self._work, self._is_threaded)
            self._workers[worker.connection] = worker
        self._missing = 0
        if not self._workers:
            number = self._waiting.popleft()
            self.results[number] = self._work(self._tasks[number])
            return
        for connection in wait(list(self._workers)):
            assert isinstance(connection, Connection)
            worker = self._workers[connection]
            try:
                result = _received(connection)
            except (EOFError, OSError):
                self._bury(worker)
                continue
            if worker.is_ready:
                self.results[worker.tasks.popleft()] = result
            worker.is_ready = True
            if not worker.tasks:
                self._give(worker)

    def _give(self, worker: _Worker) -> None:
        """Sends a worker its next tasks."""
        for _ in range(min(self._chunk, len(self._waiting))):
            worker.tasks.append(self._waiting.popleft())
        with suppress(OSError):  # if it was killed, nothing can be received from it either
            _send(worker.connection, [self._tasks[number] for number in worker.tasks])

    def _bury(self, worker: _Worker) -> None:
        """Replaces a worker that was killed; one that could not even start is not replaced."""
        del self._workers[worker.connection]
        worker.stop()
        if worker.tasks:
            number = worker.tasks.popleft()
            self.results[number] = self._lost(self._tasks[number])
        self._waiting.extendleft(reversed(worker.tasks))
        if worker.is_ready and self._waiting:
            self._missing += 1

    def stop(self) -> None:
        """Stops all workers at once, whatever they are working on."""
        for worker in self._workers.values():
            worker.process.kill()
        for worker in self._workers.values():
            worker.stop()


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Delays signals, also in a process that is started meanwhile, until it handles them in its own way."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(connection: Connection, work: Callable[[T], R]) -> None:
    """What a worker does, until it is stopped."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN if number == signal.SIGINT else signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _send(connection, None)  # it is ready
    while True:
        for task in _received(connection):
            _send(connection, work(task))


def _end_with_parent() -> None:
    """Ends this process as soon as the one that started it is gone, however that ended."""
    parent = parent_process()
    if parent:
        parent.join()
    os._exit(1)
