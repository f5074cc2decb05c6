"""The executor against PyTorch: the same networks, weights and input, each in its own process."""

import json
import os
import statistics
import subprocess
import sys
from typing import Any, NamedTuple

BOUNDS = {"vgg16": 1.3, "resnet50": 1.3, "mobilenet_v2": 2.0}
"""The maximum ratio to PyTorch's time."""

THREADS = (1, 2)
RUNS = 9
WARM_UP = 2

OURS = "cnncalc"
THEIRS = ("torch", "torch channels_last")


class Measured(NamedTuple):
    """Seconds of a forward pass, median and minimum, and the process's peak memory in bytes."""

    seconds: float
    fastest: float
    memory: int
    output: float

    @property
    def text(self) -> str:
        return f"{self.seconds * 1000:.1f} ms (fastest {self.fastest * 1000:.1f}), {self.memory / 1e6:.0f} MB"


class Worker:
    """A process with a prepared network that runs it on request."""

    def __init__(self, engine: str, network: str, threads: int) -> None:
        names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
        command = [sys.executable, "-m", "tests.benchmarks.executor_worker", engine, network, str(threads)]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | dict.fromkeys(names, str(threads)),
        )
        self.times: list[float] = []

    def ask(self, word: str) -> Any:
        assert self.process.stdin
        assert self.process.stdout
        print(word, file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())

    def run(self) -> None:
        self.times.append(self.ask("run"))

    def measured(self) -> Measured:
        memory, output = self.ask("end")
        self.process.wait()
        times = self.times[WARM_UP:]
        return Measured(statistics.median(times), min(times), memory, output)


def compared(network: str, threads: int) -> dict[str, Measured]:
    """All ways to run a network, in turn."""
    workers = {engine: Worker(engine, network, threads) for engine in (OURS, *THEIRS)}
    for _ in range(WARM_UP + RUNS):
        for worker in workers.values():
            worker.run()
    return {engine: worker.measured() for engine, worker in workers.items()}


def executor() -> None:
    """Batch 1, medians of interleaved runs, compared with both memory formats of PyTorch."""
    for threads in THREADS:
        for network, bound in BOUNDS.items():
            found = compared(network, threads)
            ours = found.pop(OURS)
            print(
                f"executor   {network:12} {threads} thread{'s' if threads > 1 else ' '} {ours.text}", end=""
            )
            for name, theirs in found.items():
                assert abs(ours.output - theirs.output) <= 1e-3 * abs(theirs.output), "not the same values"
                print(f"; {name} {theirs.text}: {ours.seconds / theirs.seconds:.2f} ×", end="")
            print(f" (≤ {bound} ×, memory ≤ 1 ×)", flush=True)
