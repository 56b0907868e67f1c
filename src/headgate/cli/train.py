"""`headgate train`: a model from files, with settings that follow from the data unless they are given."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from headgate.cli.arguments import (
    Columns,
    Device,
    Input,
    PairColumns,
    TextColumns,
    TokenColumns,
    given_columns,
)
from headgate.errors import ConfigError
from headgate.tasks import MEASURES

SETTINGS = ("cell", "layers", "hidden", "bidirectional", "epochs", "seed", "device")
"""The settings that have an option of their own for every task."""

OfTagger = Parameter(group="Of a tagger")
OfTranslator = Parameter(group="Of a translator")
OfLanguageModel = Parameter(group="Of a language model")


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Options:
    """What every task's training takes."""

    train: Input
    """The texts to learn from."""
    out: Path
    """The run folder: log, learning curves, and the model in its folder "model"."""
    dev: Input | None = None
    """Texts to choose by; a tenth of the training texts is set aside when there is no such file."""
    test: Input | None = None
    """Texts to measure on, once, at the end."""
    cell: Annotated[str | None, Parameter(show_default="lstm")] = None
    """The recurrent cell: rnn, lstm, gru, original_gru, mingru, minlstm or qrnn."""
    layers: int | None = None
    """Recurrent layers, one upon the other."""
    hidden: int | None = None
    """Units of the hidden state: of each direction, or of a translator in all."""
    bidirectional: bool | None = None
    """Read texts backward as well; a model that is to stream must not, nor a language model."""
    epochs: int | None = None
    """Passes over the data, at the most."""
    seed: Annotated[int | None, Parameter(show_default="1")] = None
    """Decides everything random: the same seed, data and machine give the same model."""
    device: Annotated[Device | None, Parameter(show_default="auto")] = None
    """Where to train; auto takes a GPU where there is one."""
    recipe: Path | None = None
    """A TOML file of settings, one name = value a line; options override it."""
    embeddings: Path | None = None
    """Of a classifier or tagger: pre-trained word vectors, a text file of word2vec, GloVe or fastText."""
    init_from: str | None = None
    """Another model to start from: for a classifier or tagger one of any task, whose words' vectors and
    recurrent layers are taken; for a language model another language model; not for a translator."""
    raw_text: Path | None = None
    """Of a classifier or tagger: plain text without labels, of the same field; words start from what it says
    of them."""
    resume: Annotated[bool, Parameter(negative="")] = False
    """Go on with an interrupted run in --out."""
    set: Annotated[list[str] | None, Parameter(name="--set", negative="")] = None
    """Any other setting, as name=value; may be given many times."""
    training_data: str | None = None
    """What the model card says the model was trained on."""
    licence: str = "not stated"
    """What the model card says of that data's licence."""


def classification(*, options: Options, columns: TextColumns | None = None) -> None:
    """Train a text classifier: text → label, with a calibrated probability.

    Data: csv, tsv, jsonl or parquet files with a column of texts and one of labels, also .gz, or the id of a
    hub dataset. Settings that are not given follow from the data.

    For example: `headgate train classification --train reviews.csv --out runs/reviews`

    Parameters
    ----------
    options
        Of every task.
    columns
        Of this one.
    """
    _train("classification", options, columns)


def tagging(
    *,
    options: Options,
    columns: TokenColumns | None = None,
    lookahead: Annotated[int | None, OfTagger, Parameter(show_default="0")] = None,
) -> None:
    """Train a tagger: tokens → tags, such as named entities or parts of speech.

    Data: files of CoNLL columns (BIO, IOB1 or BIOES, or plain tags), CoNLL-U, or jsonl with the offsets of
    spans; also .gz. Settings that are not given follow from the data.

    For example: `headgate train tagging --train names.conll --out runs/names`

    Parameters
    ----------
    options
        Of every task.
    columns
        Of this one.
    lookahead
        Tokens that a model without a backward direction reads ahead before it tags a token.
    """
    _train("tagging", options, columns, lookahead=lookahead)


def translation(
    *,
    options: Options,
    columns: PairColumns | None = None,
    source_unit: Annotated[str | None, OfTranslator] = None,
    target_unit: Annotated[str | None, OfTranslator] = None,
    attention: Annotated[
        Literal["none", "dot", "general", "additive"] | None, OfTranslator, Parameter(show_default="general")
    ] = None,
) -> None:
    """Train a translator: text → text, such as sentences, spellings and sounds, or corrections.

    Data: a file of two columns (tsv or csv, with names in its first line or without), jsonl, or
    SOURCE,TARGET: two line-aligned files; also .gz. Settings that are not given follow from the data.

    For example: `headgate train translation --train pairs.tsv --out runs/pairs`

    Parameters
    ----------
    options
        Of every task.
    columns
        Of this one.
    source_unit
        What sources are made of: char, subword (learned from the pairs) or word (what blanks separate); if
        not said, char for short single words, word for phonemes and the like, subword for sentences.
    target_unit
        What targets are made of, likewise.
    attention
        What the decoder looks back by; none holds the whole source in one vector.
    """
    own = {"source_unit": source_unit, "target_unit": target_unit, "attention": attention}
    _train("translation", options, columns, **own)


def generation(
    *,
    options: Options,
    unit: Annotated[str | None, OfLanguageModel, Parameter(show_default="char")] = None,
    bptt: Annotated[int | None, OfLanguageModel] = None,
) -> None:
    """Train a language model: text → what comes next.

    Data: plain text, also .gz; without --dev its last tenth is set aside. Settings that are not given follow
    from the data.

    For example: `headgate train generation --train book.txt --out runs/book`

    Parameters
    ----------
    options
        Of every task.
    unit
        What texts are made of: char, subword (learned from the text), or word (by Unicode's rules, or what
        blanks separate where the text is cut into words already).
    bptt
        Units of a stretch, over which gradients reach back; the state goes on from stretch to stretch.
    """
    _train("generation", options, None, unit=unit, bptt=bptt)


def _train(task: str, options: Options, columns: Columns | None, **own: Any) -> None:
    own |= {name: getattr(options, name) for name in SETTINGS}
    given = {name: value for name, value in own.items() if value is not None}
    from headgate.plots import draw_curves
    from headgate.training import is_main_process
    from headgate.training import train as train_model

    model = train_model(
        task,
        train=options.train,
        dev=options.dev,
        test=options.test,
        out=options.out,
        recipe=options.recipe,
        embeddings=options.embeddings,
        init_from=options.init_from,
        raw_text=options.raw_text,
        resume=options.resume,
        training_data=options.training_data,
        licence=options.licence,
        **given_columns(task, columns),
        **(_parse_settings(options.set or []) | given),
    )
    if is_main_process():
        picture, page = draw_curves(options.out)
        _print_results(model.folder.path, picture, page)


def _parse_settings(pairs: list[str]) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise ConfigError(f"--set takes name=value; got {pair!r}")
        settings[name.strip().replace("-", "_")] = value.strip()
    return settings


def _print_results(model: Path, picture: Path, page: Path) -> None:
    """The model beside its yardsticks, on every set that was measured."""
    metrics = json.loads((model / "metrics.json").read_text(encoding="utf-8"))
    rows = [
        (part, name, values) for part in ("dev", "test") for name, values in metrics.get(part, {}).items()
    ]
    shown = [name for name in MEASURES if name in rows[0][2]]
    width = max(len(name) for _, name, _ in rows)
    widths = {of: max(7, len(MEASURES[of])) for of in shown}
    print(f"set   {'model':<{width}}  " + "  ".join(f"{MEASURES[of]:>{widths[of]}}" for of in shown))
    for part, name, values in rows:
        figures = (
            " " * widths[of] if values[of] is None else f"{values[of]:{widths[of]}.4f}" for of in shown
        )
        print(f"{part:<5} {name:<{width}}  " + "  ".join(figures))
    print(f'model   {model}\ncurves  {picture}, {page}\ntry     headgate predict {model.parent} "some text"')
