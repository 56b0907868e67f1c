"""The model card: `README.md` of a model folder, for whoever finds the folder later."""

from typing import Any

from headgate.modelfile.config import ModelConfig


def model_card(
    config: ModelConfig, metrics: dict[str, Any], *, name: str, training_data: str, licence: str
) -> str:
    """A card in Markdown: what the model does, what it was trained on, what was measured, how to run it."""
    network = config.network
    direction = "bidirectional" if network.bidirectional else "left-to-right"
    labels = ", ".join(f"`{label}`" for label in config.labels)
    return f"""# {name}

A {direction} {network.cell} for text {config.task}, trained with Headgate {config.headgate_version}.

- **Labels:** {labels}
- **Training data:** {training_data}
- **Licence of the training data:** {licence}
- **Network:** {network.layers} layer(s) of {network.hidden_dim} units a direction, embeddings of
  {network.embedding_dim} units, {network.vocab_size} word ids, {network.pooling} pooling
- **Calibration:** probabilities are softmax(logits / {config.temperature:.3f}), fitted on the dev set

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


def _table(metrics: dict[str, Any]) -> str:
    """One row for each set that was measured: the model, its network alone and the bag of n-grams alone."""
    lines = ["| set | model | accuracy | macro F1 | calibration error |", "|---|---|---|---|---|"]
    for part, results in metrics.items():
        if not isinstance(results, dict) or "model" not in results:
            continue
        for model, values in results.items():
            lines.append(
                f"| {part} | {model} | {values['accuracy']:.4f} | {values['macro_f1']:.4f} "
                f"| {values['expected_calibration_error']:.4f} |"
            )
    return "\n".join(lines)
