"""MODEL, as users write it, → a model folder on disk: a folder, a bundled model's name or a hub id."""

from pathlib import Path

import headgate.errors
from headgate.errors import ModelError
from headgate.modelfile.folder import CONFIG_FILE, MODEL_FILES

BUNDLED = Path(headgate.errors.__file__).parent / "bundled"
"""Where the models that ship in the package lie."""


def bundled_models() -> list[str]:
    """The names of the bundled models, in alphabetical order."""
    return sorted(path.parent.name for path in BUNDLED.glob(f"*/{CONFIG_FILE}"))


def locate_model(name: str | Path) -> Path:
    """The folder of a model given as a folder, the name of a bundled model, or a hub id (`owner/name`).

    A folder that exists is taken first, then a bundled name, then the hub. Raises ModelError otherwise.
    """
    folder = Path(name)
    if folder.exists():
        return _model_in(folder)
    if str(name) in bundled_models():
        return BUNDLED / str(name)
    if _is_hub_id(str(name)):
        return _download(str(name))
    raise ModelError(
        f"{name}: no such model: give a folder, a hub id (owner/name) or a bundled model: "
        f"{', '.join(bundled_models())}"
    )


def _model_in(folder: Path) -> Path:
    """The model of a training run, when the folder is a run's; otherwise the folder itself."""
    if (folder / CONFIG_FILE).is_file():
        return folder
    if (folder / "model").is_dir():
        return folder / "model"
    if (folder / "checkpoint").is_dir():
        raise ModelError(
            f"{folder}: training was interrupted before there was a model (continue it with --resume)"
        )
    return folder


def _is_hub_id(name: str) -> bool:
    owner, slash, rest = name.partition("/")
    return bool(slash and owner and rest) and "/" not in rest and not name.startswith((".", "~"))


def _download(hub_id: str) -> Path:
    """Fetch the five files of a model from the hub, into its cache."""
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(hub_id, allow_patterns=list(MODEL_FILES)))
    except Exception as error:  # the hub's client raises its own, its transport's and the system's errors
        reason = str(error).strip().split("\n")[0]
        raise ModelError(
            f"{hub_id}: no such folder, and it cannot be fetched from the hub: {reason}"
        ) from error
