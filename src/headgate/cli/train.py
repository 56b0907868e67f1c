"""`headgate train`: a model from files, with settings that follow from the data unless they are given."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from headgate.cli.arguments import Device, Input
from headgate.errors import ConfigError
from headgate.tasks import MEASURES

SETTINGS = ("cell", "layers", "hidden", "bidirectional", "epochs", "seed", "device")
"""The settings that have an option of their own."""

Column = Annotated[str, Parameter(allow_leading_hyphen=True)]


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
    cell: str | None = None
    """rnn, lstm, gru, original_gru, mingru, minlstm or qrnn."""
    layers: int | None = None
    """Recurrent layers."""
    hidden: int | None = None
    """Units of the hidden state: of each direction, or of a translator in all."""
    bidirectional: bool | None = None
    """Read texts backward as well; a model that is to stream must not."""
    epochs: int | None = None
    """Passes over the data, at the most."""
    seed: int | None = None
    """Decides everything random: the same seed, data and machine give the same model."""
    device: Device | None = None
    """auto takes a GPU where there is one."""
    recipe: Path | None = None
    """A TOML file of settings."""
    embeddings: Path | None = None
    """Pre-trained word vectors: a text file of word2vec, GloVe or fastText."""
    init_from: str | None = None
    """Another model, of any task, whose words' vectors and recurrent layers are started from."""
    raw_text: Path | None = None
    """Plain text without labels, of the same field: words start from what it says of them."""
    resume: Annotated[bool, Parameter(negative="")] = False
    """Go on with an interrupted run in --out."""
    set: Annotated[list[str] | None, Parameter(name="--set", negative="")] = None
    """Any other setting, as name=value; may be given many times."""
    training_data: str | None = None
    """What the model card says the model was trained on."""
    licence: str = "not stated"
    """What the model card says of that data's licence."""


def classification(*, options: Options, text_column: str = "text", label_column: str = "label") -> None:
    """Train a text classifier. Data: csv, tsv, jsonl or parquet files, also .gz, or a hub dataset's id.

    Parameters
    ----------
    text_column
        The column that holds the texts.
    label_column
        The column that holds the labels.
    """
    _train("classification", options, {}, text_column=text_column, label_column=label_column)


def tagging(
    *, options: Options, token_column: Column = "0", tag_column: Column = "-1", lookahead: int | None = None
) -> None:
    """Train a tagger: named entities, parts of speech or any tags of tokens.

    Data: files of CoNLL columns (BIO, IOB1 or BIOES, or plain tags), CoNLL-U, or jsonl with the offsets of
    spans; also .gz.

    Parameters
    ----------
    token_column
        The column that holds the tokens: a number from 0, or a name in CoNLL-U.
    tag_column
        The column that holds the tags: a number, -1 for the last, or a name in CoNLL-U.
    lookahead
        Tokens that a model without a backward direction reads ahead before it tags a token.
    """
    more = {} if lookahead is None else {"lookahead": lookahead}
    _train("tagging", options, more, token_column=token_column, tag_column=tag_column)


def translation(
    *,
    options: Options,
    attention: Literal["none", "dot", "general", "additive"] | None = None,
    source_unit: str | None = None,
    target_unit: str | None = None,
    source_column: str = "source",
    target_column: str = "target",
) -> None:
    """Train a translator: sentence to sentence, spelling to sound, noisy text to clean.

    Data: a file of two columns (tsv or csv, with names in its first line or without), jsonl, or
    SOURCE,TARGET: two line-aligned files; also .gz.

    Parameters
    ----------
    attention
        What the decoder looks back by; none holds the whole source in one vector.
    source_unit
        What sources are made of: char, subword (learned from the pairs) or word (what blanks separate); if
        not said, char for short single words, word for phonemes and the like, subword for sentences.
    target_unit
        What targets are made of.
    source_column
        The column that holds the sources, where a file names its columns.
    target_column
        The column that holds the targets.
    """
    given = {"attention": attention, "source_unit": source_unit, "target_unit": target_unit}
    more = {name: value for name, value in given.items() if value is not None}
    _train("translation", options, more, source_column=source_column, target_column=target_column)


def generation(*, options: Options, unit: str | None = None, bptt: int | None = None) -> None:
    """Train a language model. Data: plain text, also .gz; without --dev its last tenth is set aside.

    Parameters
    ----------
    unit
        What texts are made of: char (if not said), subword (learned from the text), or word (by Unicode's
        rules, or what blanks separate where the text is cut into words already).
    bptt
        Units of a stretch, over which gradients reach back; the state goes on from stretch to stretch.
    """
    more = {name: value for name, value in (("unit", unit), ("bptt", bptt)) if value is not None}
    _train("generation", options, more)


def _train(task: str, options: Options, more: dict[str, Any], **columns: str) -> None:
    choices = _parse_settings(options.set or []) | more
    for name in SETTINGS:
        if getattr(options, name) is not None:
            choices[name] = getattr(options, name)
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
        **columns,
        **choices,
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
