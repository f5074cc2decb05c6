"""Threads that share the work of an operation."""

from collections import deque
from collections.abc import Callable, Sequence
from functools import cache, partial
from itertools import product
from math import prod
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Self, TypeVar

import numpy as np
from threadpoolctl import ThreadpoolController

from cnncalc.executor.runtime.window_grid import Index

Part = TypeVar("Part")


class _Products:
    """Limits NumPy's matrix products to one thread while workers are active.

    Otherwise each worker would start its own set of threads. The setting is per process: it is restored
    after the last worker, even if Ctrl-C interrupts the change. Changing it for each layer was many times
    slower.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._libraries = ThreadpoolController().select(user_api="blas").lib_controllers
        self._usual: list[int] = []
        """The thread counts to restore; empty without a holder."""
        self._holders: set[object] = set()

    @property
    def number(self) -> int:
        """The number of threads without a holder; 1 if the library is unknown."""
        with self._lock:
            return max(self._usual or self._now(), default=1)

    def hold(self, holder: object) -> None:
        with self._lock:
            if not self._usual:
                self._usual = self._now()
                self._set([1] * len(self._usual))
            self._holders.add(holder)

    def release(self, holder: object) -> None:
        """Safe to repeat, and after an interrupted hold."""
        try:
            self._put_back(holder)
        except BaseException:
            self._put_back(holder)
            raise

    def _put_back(self, holder: object) -> None:
        with self._lock:
            self._holders.discard(holder)
            if self._usual and not self._holders:
                self._set(self._usual)
                self._usual = []

    def _now(self) -> list[int]:
        return [each.num_threads for each in self._libraries]

    def _set(self, numbers: list[int]) -> None:
        for library, number in zip(self._libraries, numbers, strict=True):
            library.set_num_threads(number)


@cache
def _products() -> _Products:
    return _Products()


def threads() -> int:
    """The number of worker threads: as many as NumPy's matrix products use."""
    return _products().number


class Workers:
    """Threads that share the parts of an operation.

    Outside `with`, or if `shared` is False, work runs sequentially. The standard library's pool took
    twice as long to start a task, which matters for small layers.
    """

    def __init__(self, shared: bool = True) -> None:
        self.shared = shared
        self.count = 1
        self._begin()

    def _begin(self) -> None:
        self._tasks: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._ends: SimpleQueue[BaseException | None] = SimpleQueue()
        self._threads: list[Thread] = []

    def __enter__(self) -> Self:
        self._begin()  # reset after an interrupted run
        if self.shared:
            self.count = threads()
            try:
                _products().hold(self)
            except BaseException:
                _products().release(self)
                raise
        return self

    def __exit__(self, *error: object) -> None:
        try:
            for _ in self._threads:
                self._tasks.put(None)
            for thread in self._threads:
                if thread.is_alive():  # an interrupt may come before it has started
                    thread.join()
        finally:
            if self.shared:
                self.count = 1
                _products().release(self)

    def share(self, work: Callable[[Part, int], object], parts: Sequence[Part]) -> None:
        """Call `work` for each part with the part and the number of the worker."""
        waiting, others = deque(parts), min(self.count, len(parts)) - 1
        while len(self._threads) < others:
            self._threads.append(Thread(target=_serve, args=(self._tasks, self._ends), daemon=True))
            self._threads[-1].start()
        for number in range(1, others + 1):
            self._tasks.put(partial(_work_off, work, waiting, number))
        try:
            _work_off(work, waiting, 0)
        finally:
            waiting.clear()  # start no more parts after an error
            errors = [self._ends.get() for _ in range(others)]
        for error in filter(None, errors):
            raise error


def _serve(
    tasks: "SimpleQueue[Callable[[], None] | None]", ends: "SimpleQueue[BaseException | None]"
) -> None:
    with np.errstate(all="ignore"):  # each thread has its own state
        while task := tasks.get():
            try:
                task()
                ends.put(None)
            except BaseException as error:  # re-raised in `share`
                ends.put(error)


def _work_off(work: Callable[[Part, int], object], waiting: "deque[Part]", number: int) -> None:
    while waiting:
        try:
            part = waiting.popleft()
        except IndexError:  # another worker has taken the last part
            return
        work(part, number)


ALONE = Workers(shared=False)
"""Runs everything in the calling thread."""


def blocks(sizes: tuple[int, ...], each: int, about: int, fewest: int = 1, among: int = 1) -> list[Index]:
    """Split the leading axes of an array into contiguous parts for `among` workers.

    Args:
        sizes: the leading axes.
        each: bytes per position.
        about: target bytes per part.
        fewest: minimum positions per part, even if they need more.
        among: if there are several parts, their number is a multiple of this, so that no worker waits.
    """
    split = next(
        (axis for axis in range(len(sizes)) if prod(sizes[axis + 1 :]) * each <= about), len(sizes) - 1
    )
    inner, length = prod(sizes[split + 1 :]), sizes[split]
    step = max(about // (inner * each), -(-fewest // inner), 1)
    if step < length:
        rounds = -(-length // (step * among))
        step = -(-length // (rounds * among))
    starts = range(0, length, step)
    outer = product(*([slice(at, at + 1) for at in range(size)] for size in sizes[:split]))
    return [(*before, slice(start, start + step)) for before in outer for start in starts]
