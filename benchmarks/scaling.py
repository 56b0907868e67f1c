"""How does the time of a training step grow with the length of the sequence, cell by cell?

One layer reads a batch of random sequences and is given a gradient of its outputs: the time of the forward
pass and of the gradients of its weights; with `--input-gradient` also of its inputs, as where a layer stands
above another (the LSTM and the GRU compute them either way). These two are PyTorch's own modules with their
fused kernels; the parallel cells are stacks as models train them. Within a repeat the cells take turns, and
each is compared to the LSTM of the same repeat.

    python benchmarks/scaling.py --threads 1
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from machine import describe_machine
from torch import Tensor

from headgate.layers import RecurrentStack

CELLS = ("lstm", "gru", "mingru", "minlstm", "qrnn")
LENGTHS = (128, 256, 512, 1_024, 2_048, 4_096, 8_192, 16_384)


def reader(cell: str, width: int, device: str) -> Callable[[Tensor], Tensor]:
    """One layer of this cell: inputs (batch time input) → outputs (batch time hidden)."""
    torch.manual_seed(1)
    if cell in ("lstm", "gru"):
        fused = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[cell](width, width, batch_first=True).to(device)
        return lambda inputs: fused(inputs)[0]
    stack = RecurrentStack(cell, width, width, bidirectional=False).to(device)
    return lambda inputs: stack.read_on(inputs)[0]


def seconds(read: Callable[[Tensor], Tensor], inputs: Tensor, gradient: Tensor) -> float:
    """The time of one training step under this gradient of the outputs, all of its work finished."""
    inputs.grad = None
    _finish(inputs)
    started = time.perf_counter()
    read(inputs).backward(gradient)
    _finish(inputs)
    return time.perf_counter() - started


def _finish(inputs: Tensor) -> None:
    if inputs.is_cuda:
        torch.cuda.synchronize()


def compare(device: str, options: argparse.Namespace) -> None:
    """Print one row a length: the cells' times, and how many times as fast as the LSTM each was."""
    readers = {cell: reader(cell, options.width, device) for cell in CELLS}
    kind = "with" if options.input_gradient else "without"
    print(f"\n{device}: {options.rows} row(s), width {options.width}, {kind} gradients of the inputs")
    print(f"milliseconds, median of {options.repeats} (lowest to highest), and times as fast as the LSTM")
    print(f"{'steps':>6}" + "".join(f"{cell:>32}" for cell in CELLS))
    for length in options.lengths:
        inputs = torch.randn(options.rows, length, options.width, device=device)
        gradient = torch.randn_like(inputs)
        inputs.requires_grad_(options.input_gradient)
        times: dict[str, list[float]] = {cell: [] for cell in CELLS}
        for repeat in range(options.repeats + 1):
            for cell, read in readers.items():
                taken = seconds(read, inputs, gradient)
                if repeat:  # the first one warms up
                    times[cell].append(taken)
        print(
            f"{length:>6}" + "".join(f"{_shown(times[cell], times['lstm']):>32}" for cell in CELLS),
            flush=True,
        )


def _shown(times: list[float], of_lstm: list[float]) -> str:
    faster = statistics.median(lstm / own for lstm, own in zip(of_lstm, times, strict=True))
    low, middle, high = (1000 * f(times) for f in (min, statistics.median, max))
    return f"{middle:.1f} ({low:.1f} to {high:.1f}) {faster:.1f}x"


def main() -> None:
    """Compare on the CPU, and on the GPU where there is one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lengths", type=int, nargs="+", default=LENGTHS)
    parser.add_argument("--rows", type=int, default=1, help="sequences in a batch")
    parser.add_argument("--width", type=int, default=256, help="units of the inputs and of the hidden state")
    parser.add_argument("--input-gradient", action="store_true", help="learn the inputs as well")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1, help="of PyTorch, on the CPU")
    parser.add_argument("--device", choices=("cpu", "cuda"), help="measure on this one alone")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(f"{describe_machine('torch')}, {options.threads} thread(s)")
    present = ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",)
    for device in present if options.device is None else (options.device,):
        if device == "cuda":
            print(f"\n{torch.cuda.get_device_name()}, CUDA {torch.version.cuda}")
        compare(device, options)


if __name__ == "__main__":
    main()
