"""One process of the benchmark `executor`: prepares a network, then runs it once for each input line.

    python -m tests.benchmarks.executor_worker ENGINE NETWORK THREADS

`run` on standard input answers with the seconds of one forward pass, `end` with the peak memory in bytes
and the sum of the output's magnitudes. Neither engine imports the other.
"""

import json
import resource
import sys
import time
from collections.abc import Callable

import numpy as np

from cnncalc import init_weights, load
from cnncalc.executor.io.inputs import noise

PAUSE = 0.05
"""Seconds of pause before each run, so that threads of other processes have stopped."""

Array = np.ndarray
Forward = Callable[[], Array]


def prepared(engine: str, network: str, threads: int) -> Forward:
    graph = load(network).graph
    weights = init_weights(load(network), seed=0)
    x = noise(graph.nodes[0].shape, "chw", batch=1, seed=0)
    if engine == "cnncalc":
        from cnncalc.executor.io.weights import GivenWeights
        from cnncalc.executor.network import Network

        ready = Network(graph, GivenWeights(weights, "float32"))
        return lambda: ready.run(x).output
    import torch

    from tests.executor.twin import Twin

    torch.set_num_threads(threads)
    twin, theirs = Twin(graph, weights, in_place=True), torch.from_numpy(x)
    del weights
    if engine == "torch channels_last":
        twin.to_channels_last()
        theirs = theirs.contiguous(memory_format=torch.channels_last)
    return lambda: twin(theirs).numpy()


def main(engine: str, network: str, threads: str) -> None:
    forward, total = prepared(engine, network, int(threads)), 0.0
    for line in sys.stdin:
        if line.strip() == "end":
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
            print(json.dumps([peak, total]), flush=True)
            return
        time.sleep(PAUSE)
        start = time.perf_counter()
        y = forward()
        seconds = time.perf_counter() - start
        total = float(np.abs(y).sum(dtype=np.float64))
        print(json.dumps(seconds), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
