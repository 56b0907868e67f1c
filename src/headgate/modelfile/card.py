"""The model card: `README.md` of a model folder, for whoever finds the folder later."""

from typing import Any

from headgate.modelfile.config import ModelConfig
from headgate.modelfile.network_shapes import (
    ClassifierShape,
    LanguageModelShape,
    Shape,
    TaggerShape,
    TranslatorShape,
)
from headgate.tasks import MEASURES, TagSpace


def model_card(
    config: ModelConfig, metrics: dict[str, Any], *, name: str, training_data: str, licence: str
) -> str:
    """A card in Markdown: what the model does, what it was trained on, what was measured, how to run it."""
    network = config.network
    direction = "bidirectional" if network.bidirectional else "left-to-right"
    in_all = isinstance(network, TranslatorShape)  # its directions share its units
    each = " a direction" if network.bidirectional and not in_all else ""
    facts = [
        f"**Training data:** {training_data}",
        f"**Licence of the training data:** {licence}",
        f"**Network:** {network.layers} layer(s) of {network.hidden_dim} units{each}, embeddings of "
        f"{network.embedding_dim} units, {network.vocab_size} ids of {_units(network)}, {_head(network)}",
    ]
    if config.labels:
        labels = ", ".join(f"`{label}`" for label in label_names(config))
        fitted = f"probabilities are of scores divided by {config.temperature:.3f}, fitted on dev"
        facts = [f"**Labels:** {labels}", *facts, f"**Calibration:** {fitted}"]
    listed = "\n".join(f"- {fact}" for fact in facts)
    return f"""# {name}

A {direction} {network.cell} for text {config.task}, trained with Headgate {config.headgate_version}.

{listed}

## Measured

{_table(metrics)}

## Use

```
headgate predict {name} "some text"
```

```python
import headgate

model = headgate.load("{name}")
model.predict("some text")
```
"""


def label_names(config: ModelConfig) -> tuple[str, ...]:
    """What users call the labels: where tags mark spans, the labels of the spans."""
    return TagSpace(config.labels).names if config.task == "tagging" else config.labels


def _units(network: Shape) -> str:
    match network:
        case LanguageModelShape():
            return "units"
        case TranslatorShape():
            return f"source units and {network.target_vocab_size} of target units"
        case _:
            return "words"


def _head(network: Shape) -> str:
    """What stands on the recurrent stack, in a few words."""
    match network:
        case ClassifierShape():
            return f"{network.pooling} pooling"
        case TaggerShape():
            ahead = f", reading {network.lookahead} tokens ahead" if network.lookahead else ""
            return ("a CRF over the tags" if network.crf else "tags one by one") + ahead
        case TranslatorShape():
            return "no attention" if network.attention == "none" else f"{network.attention} attention"
        case LanguageModelShape():
            return "scored by the vectors that they are read by" if network.tied else "scored by their own"
        case _:
            return "nothing else"


def _table(metrics: dict[str, Any]) -> str:
    """One row for each set that was measured, and each model: the finished one and its yardsticks."""
    rows = [
        (part, model, values)
        for part, results in metrics.items()
        if isinstance(results, dict) and "model" in results
        for model, values in results.items()
    ]
    columns = [name for name in MEASURES if any(name in values for *_, values in rows)]
    lines = [
        "| set | model | " + " | ".join(MEASURES[name] for name in columns) + " |",
        "|---" * (2 + len(columns)) + "|",
    ]
    for part, model, values in rows:
        figures = ("" if values[name] is None else f"{values[name]:.4f}" for name in columns)
        lines.append(f"| {part} | {model} | " + " | ".join(figures) + " |")
    return "\n".join(lines)
