"""How fast are training and prediction of a tagger beside Flair's, on Flair's own model shape?

Both sides have 200 hidden units a direction, word vectors of 100, a BiLSTM of 25 units a direction over
characters, and a CRF, and take batches of 32 sentences. Flair runs in an environment of its own, given by its
interpreter.

    python -m venv flair && flair/bin/pip install torch==2.13.0 "flair==0.15.*"
    python benchmarks/tagging_against_flair.py --train train.conll.gz --flair flair/bin/python
"""

import argparse
import functools
import gzip
import sys
from collections.abc import Iterator
from pathlib import Path

from side_by_side import Jobs, Worker, compare, serve

BATCH = 32
TRAINING_BATCHES = 20
PREDICTED = 320
"""Sentences that are predicted in one timing."""
ALONE = 40
"""Sentences that are predicted one by one in one timing."""

Sentence = tuple[list[str], list[str]]


def main() -> None:
    """Print tokens a second of both sides, block by block, and the medians with their ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--flair", type=Path, help="the interpreter of an environment with Flair")
    parser.add_argument("--blocks", type=int, default=7)
    parser.add_argument("--worker", choices=("ours", "flair"))
    options = parser.parse_args()
    if options.worker:
        make = {"ours": our_jobs, "flair": flair_jobs}[options.worker]
        serve(make(options.train, list(read(options.train))))
        return

    from machine import describe_machine

    print(describe_machine("torch", "numpy"))
    sides = {"Headgate": ("ours", Path(sys.executable)), "Flair": ("flair", options.flair)}
    workers = {
        title: Worker(__file__, name, python, ["--train", str(options.train)])
        for title, (name, python) in sides.items()
    }
    for job in ("train", "predict", "one by one"):
        compare(workers, job, options.blocks)


def read(path: Path) -> Iterator[Sentence]:
    """Sentences of a CoNLL file, first and last column; both sides must read the very same."""
    tokens: list[str] = []
    tags: list[str] = []
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as file:
        for line in file:
            fields = line.split()
            if fields:
                tokens.append(fields[0])
                tags.append(fields[-1])
            elif tokens:
                yield tokens, tags
                tokens, tags = [], []
    if tokens:
        yield tokens, tags


def our_jobs(path: Path, sentences: list[Sentence]) -> Jobs:
    import numpy as np
    import torch

    from headgate.data.bucketing import shuffled_batches
    from headgate.runtime import Tagger
    from headgate.training.optimisation import Optimisation
    from headgate.training.tagging import TaggingRun, plan_tagging, read_tagging_data
    from headgate.training.tagging.model import TaggerDraft

    data = read_tagging_data(path, None, None, token_column="0", tag_column="-1", seed=1)
    shape = {"hidden": 200, "embedding": 100, "ngram_buckets": 0, "batch_size": BATCH}
    letters = {"characters": "lstm", "character_dim": 25, "character_features": 50}
    plan = plan_tagging(data, {**shape, **letters})
    run = TaggingRun(data, plan)
    model, objective = run.module(), run.objective()
    batches = shuffled_batches(objective.train.lengths, BATCH, np.random.default_rng(1))
    optimisation = Optimisation(model, plan.settings, len(batches))
    words = [tokens for tokens, _ in sentences]
    step = 0

    def train() -> int:
        nonlocal step
        tokens = 0
        model.train()
        for _ in range(TRAINING_BATCHES):
            rows = batches[step % len(batches)]
            objective.loss(model, rows, torch.device("cpu")).backward()
            optimisation.step(step)
            tokens, step = tokens + int(objective.train.lengths[rows].sum()), step + 1
        return tokens

    @functools.cache
    def tagger() -> Tagger:
        """The model as far as it is trained when it first predicts; so is Flair's."""
        weights = {name: tensor.detach().numpy().copy() for name, tensor in model.state_dict().items()}
        return TaggerDraft("tagging", plan.shape, weights, plan.encoder, data.space.tags, half=False).tagger()

    def predict() -> int:
        return _count(words[:PREDICTED], tagger().predict(words[:PREDICTED]))

    def one_by_one() -> int:
        return _count(words[:ALONE], [tagger().predict([tokens])[0] for tokens in words[:ALONE]])

    return {"train": train, "predict": predict, "one by one": one_by_one}


def flair_jobs(path: Path, sentences: list[Sentence]) -> Jobs:
    import tempfile

    import torch
    from flair.data import Dictionary
    from flair.datasets import ColumnCorpus
    from flair.embeddings import CharacterEmbeddings, OneHotEmbeddings, StackedEmbeddings
    from flair.models import SequenceTagger

    with tempfile.TemporaryDirectory() as folder:
        lines = ["".join(f"{token}\t{tag}\n" for token, tag in zip(*one, strict=True)) for one in sentences]
        Path(folder, "train.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        columns = {0: "text", 1: "ner"}
        corpus = ColumnCorpus(folder, columns, train_file="train.txt", column_delimiter="\t")
        labels = corpus.make_label_dictionary("ner", add_unk=False)
        words = OneHotEmbeddings.from_corpus(corpus, embedding_length=100)
        train_set = list(corpus.train)
        letters = Dictionary()  # Flair would fetch one from its server
        for letter in sorted({letter for tokens, _ in sentences for token in tokens for letter in token}):
            letters.add_item(letter)
        letters.save(Path(folder, "letters"))
        characters = CharacterEmbeddings(str(Path(folder, "letters")))
    embeddings = StackedEmbeddings([words, characters])
    tagger = SequenceTagger(embeddings, labels, "ner", hidden_size=200, use_crf=True)
    optimiser = torch.optim.SGD(tagger.parameters(), lr=0.1)
    place = 0

    def train() -> int:
        nonlocal place
        tokens = 0
        tagger.train()
        for _ in range(TRAINING_BATCHES):
            batch = train_set[place : place + BATCH]
            place = (place + BATCH) % (len(train_set) - BATCH)
            optimiser.zero_grad()
            loss, count = tagger.forward_loss(batch)
            (loss / count).backward()
            torch.nn.utils.clip_grad_norm_(tagger.parameters(), 5.0)
            optimiser.step()
            tokens += sum(map(len, batch))
            for sentence in batch:
                sentence.clear_embeddings()
        return tokens

    def predict_by(size: int, count: int) -> int:
        tagger.eval()
        chosen = train_set[:count]
        for first in range(0, count, size):
            tagger.predict(chosen[first : first + size], mini_batch_size=size, force_token_predictions=True)
        return sum(map(len, chosen))

    return {
        "train": train,
        "predict": lambda: predict_by(BATCH, PREDICTED),
        "one by one": lambda: predict_by(1, ALONE),
    }


def _count(sentences: list[list[str]], answers: list[object]) -> int:
    assert len(sentences) == len(answers)
    return sum(map(len, sentences))


if __name__ == "__main__":
    main()
