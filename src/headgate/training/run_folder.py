"""The folder of one training run, and when it may be written to.

    settings.json           the settings the run was started with, and what identifies its data
    log.jsonl               one JSON line an event
    curves.png, .html       learning curves, drawn from the log
    checkpoint/             the state to resume from, while the run is unfinished
    model/                  the finished model
"""

import json
import shutil
from pathlib import Path
from typing import Any

from headgate.errors import ConfigError, OutputError
from headgate.modelfile import refuse_to_replace


class RunFolder:
    """Paths inside a run folder. `identity` is whatever must be the same for a run to be resumed."""

    def __init__(self, path: Path, identity: dict[str, Any], *, resume: bool) -> None:
        self.path = path
        self.log = path / "log.jsonl"
        self.checkpoint = path / "checkpoint"
        self.model = path / "model"
        self._settings = path / "settings.json"
        self._identity, self._resume = identity, resume

    def open(self) -> None:
        """Make the folder ready for a run that starts or goes on there.

        Raises ConfigError when it holds an unfinished run that is not to be resumed, or one with another
        identity; ModelError when it holds anything else than a run; OutputError when it cannot be written.
        """
        if (self.checkpoint / "state.json").is_file():
            if not self._resume:
                raise ConfigError(
                    f"{self.path} holds an unfinished run (continue it with --resume, or choose another --out)"
                )
            self._check_same_run()
            return
        if not self._settings.is_file():
            refuse_to_replace(self.path)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self.log.unlink(missing_ok=True)
            self._settings.write_text(json.dumps(self._identity, indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            raise OutputError(f"{self.path}: cannot write the run: {error.strerror or error}") from error

    def finish(self) -> None:
        """The model is written: drop the state that would resume the run."""
        shutil.rmtree(self.checkpoint, ignore_errors=True)

    def _check_same_run(self) -> None:
        before = json.loads(self._settings.read_text(encoding="utf-8"))
        for name, value in self._identity.items():
            if before.get(name) != value:
                raise ConfigError(
                    f"{self.path}: the run to resume had {name} = {before.get(name)!r}; got {value!r} "
                    "(resume with the same data and settings, or choose another --out)"
                )
