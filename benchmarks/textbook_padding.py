"""What does padding do to the textbook's bidirectional LSTM, and to the same network with masks?

The textbook's classifier embeds a padded batch, hands it to `torch.nn.LSTM(bidirectional=True)` and scores
the last hidden states as they come back: no mask anywhere. Beside it the same network as
`headgate.models.TextClassifier(pooling="last")`, from the very same first weights, over the same batches in
the same order, with the same optimiser, so that masks are all that differs. Each keeps its best epoch by
dev accuracy; the test file is read once, at the end, and scored three times: every text alone, in batches
of 64 as they stand in the file, and in batches all padded to the longest text of the file.

    python benchmarks/textbook_padding.py --train sst2-train.csv --dev sst2-dev.csv --test sst2-test.csv
"""

import argparse
import copy
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from machine import describe_machine
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from headgate.data import label_numbers, read_labelled
from headgate.models import TextClassifier
from headgate.text import EncodedTexts, TextEncoder, Vocabulary, count_words

EMBEDDING, HIDDEN, BATCH, LEARNING_RATE = 128, 256, 64, 1e-3

Floats = NDArray[np.float32]


class TextbookClassifier(nn.Module):
    """As tutorials write it: padding is read like any other word."""

    def __init__(self, vocab_size: int, num_classes: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, EMBEDDING)
        self.lstm = nn.LSTM(EMBEDDING, HIDDEN, batch_first=True, bidirectional=True)
        self.output = nn.Linear(2 * HIDDEN, num_classes)

    def forward(self, token_ids: Tensor) -> Tensor:
        """(batch, time) → logits (batch, classes)."""
        _, (hidden, _) = self.lstm(self.embedding(token_ids))
        return self.output(torch.cat((hidden[0], hidden[1]), dim=1))


def with_masks(textbook: TextbookClassifier) -> TextClassifier:
    """The same network, with the same weights, as Headgate runs it."""
    vocab_size, num_classes = textbook.embedding.num_embeddings, textbook.output.out_features
    model = TextClassifier(vocab_size, EMBEDDING, HIDDEN, num_classes, pooling="last")
    places = {"embedding": "embedding.words", "lstm": "recurrent", "output": "output"}
    weights: dict[str, Tensor] = {}
    for name, tensor in textbook.state_dict().items():
        part, _, rest = name.partition(".")
        weights[f"{places[part]}.{rest}"] = tensor
    model.load_state_dict(weights)
    return model


@dataclass(frozen=True)
class Labelled:
    """Encoded texts and their label numbers."""

    texts: EncodedTexts
    labels: NDArray[np.int64]


@dataclass(frozen=True)
class Result:
    """One trained network: accuracies in [0, 1], and how far padding moves a text's probabilities."""

    dev: float
    alone: float
    batched: float
    padded: float
    largest: float
    average: float
    changed: float


def main() -> None:
    """Train both networks from every seed; print accuracies and movements, then their means and ranges."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--dev", type=Path, required=True)
    parser.add_argument("--test", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    options = parser.parse_args()

    train, dev, test, vocab_size, num_classes = read(options.train, options.dev, options.test)
    print(describe_machine("torch", "numpy"), f"{torch.get_num_threads()} threads", sep=", ")
    lengths = test.texts.lengths
    print(
        f"{len(train.texts)} texts to train on, {len(dev.texts)} for dev, {len(test.texts)} to test on "
        f"({int(lengths.max())} words the longest, {lengths.mean():.0f} on average); {options.epochs} epochs"
    )
    print(
        "seed  network    dev    alone  batched  padded   moves: largest    average  labels changed   seconds"
    )
    results: dict[str, list[Result]] = {"textbook": [], "headgate": []}
    for seed in options.seeds:
        torch.manual_seed(seed)
        textbook = TextbookClassifier(vocab_size, num_classes)
        for name, model in (("headgate", with_masks(textbook)), ("textbook", textbook)):
            started = time.perf_counter()
            fit(model, train, dev, options.epochs, seed)
            result = measure(model, dev, test)
            results[name].append(result)
            print(
                f"{seed:4d}  {name}  {result.dev:.4f}  {result.alone:.4f}   {result.batched:.4f}  "
                f"{result.padded:.4f}        {result.largest:.1e}    {result.average:.1e}   "
                f"{result.changed:13.4f}  {time.perf_counter() - started:8.0f}",
                flush=True,
            )
    for name, found in results.items():
        print(f"\n{name}, {len(found)} seeds: mean (lowest to highest)")
        for field in ("alone", "batched", "padded", "largest", "average", "changed"):
            values = [getattr(result, field) for result in found]
            form = ".1e" if name == "headgate" and field in ("largest", "average") else ".4f"
            low, high = min(values), max(values)
            print(f"  {field:<8} {statistics.mean(values):{form}} ({low:{form}} to {high:{form}})")


def read(*paths: Path) -> tuple[Labelled, Labelled, Labelled, int, int]:
    """Train, dev and test with the words and labels of train; and how many words and labels there are."""
    examples = [list(read_labelled(path)) for path in paths]
    labels = sorted({example.label for example in examples[0]})
    vocabulary = Vocabulary.from_counts(count_words(example.text for example in examples[0]).counts)
    encoder = TextEncoder(vocabulary)
    train, dev, test = (
        Labelled(
            encoder.encode(example.text for example in part),
            np.array(label_numbers(part, labels, path), np.int64),
        )
        for part, path in zip(examples, paths, strict=True)
    )
    return train, dev, test, len(vocabulary), len(labels)


def fit(model: nn.Module, train: Labelled, dev: Labelled, epochs: int, seed: int) -> None:
    """Adam over shuffled batches; the model ends with the weights of its best epoch on dev."""
    optimiser = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    generator = np.random.default_rng(seed)
    best, best_weights = -1.0, model.state_dict()
    for _ in range(epochs):
        model.train()
        order = generator.permutation(len(train.texts))
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            logits = model(torch.from_numpy(train.texts.batch(rows).token_ids))
            optimiser.zero_grad()
            functional.cross_entropy(logits, torch.from_numpy(train.labels[rows])).backward()
            optimiser.step()
        score = accuracy(probabilities(model, dev.texts, BATCH), dev)
        if score > best:
            best, best_weights = score, copy.deepcopy(model.state_dict())
    model.load_state_dict(best_weights)


def measure(model: nn.Module, dev: Labelled, test: Labelled) -> Result:
    """Score the test texts alone, in batches and padded to the longest of them all."""
    alone = probabilities(model, test.texts, 1)
    batched = probabilities(model, test.texts, BATCH)
    padded = probabilities(model, test.texts, BATCH, width=int(test.texts.lengths.max()))
    moves = np.abs(padded - alone).max(axis=1)
    return Result(
        dev=accuracy(probabilities(model, dev.texts, BATCH), dev),
        alone=accuracy(alone, test),
        batched=accuracy(batched, test),
        padded=accuracy(padded, test),
        largest=float(moves.max()),
        average=float(moves.mean()),
        changed=float(np.mean(padded.argmax(axis=1) != alone.argmax(axis=1))),
    )


@torch.no_grad()
def probabilities(model: nn.Module, texts: EncodedTexts, batch_size: int, width: int = 0) -> Floats:
    """The probabilities of each text, in order; each batch is padded to its longest, or on to `width`."""
    model.eval()
    found: list[Floats] = []
    for start in range(0, len(texts), batch_size):
        token_ids = texts.batch(range(start, min(start + batch_size, len(texts)))).token_ids
        extra = max(0, width - token_ids.shape[1])
        token_ids = np.pad(token_ids, ((0, 0), (0, extra)))
        found.append(model(torch.from_numpy(token_ids)).softmax(dim=1).numpy())
    return np.concatenate(found)


def accuracy(scores: Floats, data: Labelled) -> float:
    """The share of texts whose most probable label is the true one."""
    return float(np.mean(scores.argmax(axis=1) == data.labels))


if __name__ == "__main__":
    main()
