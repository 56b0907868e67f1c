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
from typing import Any, cast

from headgate.errors import ConfigError, ModelError, OutputError


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
        before = self._identity_before()
        try:
            if (self.checkpoint / "state.json").is_file():
                self._check_same_run(before)
                self._mend_log()
            else:
                self._start()
        except OSError as error:
            raise OutputError(f"{self.path}: cannot write the run: {error.strerror or error}") from error

    @property
    def is_finished(self) -> bool:
        """Whether the run that is to be resumed has come to its end: its model is there."""
        unfinished = (self.checkpoint / "state.json").is_file()
        if not self._resume or unfinished or not (self.model / "config.json").is_file():
            return False
        before = self._identity_before()
        return all(before.get(name) == value for name, value in self._identity.items())

    def finish(self) -> None:
        """The model is written: drop the state that would resume the run."""
        shutil.rmtree(self.checkpoint, ignore_errors=True)

    def _start(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        partial = self.path / "settings.json.partial"
        try:
            partial.write_text(json.dumps(self._identity, indent=1) + "\n", encoding="utf-8")
            self.log.unlink(missing_ok=True)
            partial.replace(self._settings)
        except OSError:
            partial.unlink(missing_ok=True)  # a folder with this file alone would pass for no run
            raise

    def _identity_before(self) -> dict[str, Any]:
        """The identity of the run in the folder, empty for a new folder; ModelError where there is no run."""
        if not self.path.exists() or (self.path.is_dir() and not any(self.path.iterdir())):
            return {}
        try:
            identity: object = json.loads(self._settings.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            identity = None
        if isinstance(identity, dict) and "data" in identity:
            return cast(dict[str, Any], identity)
        raise ModelError(
            f"{self.path}: exists and is not a training run; it is left as it is (choose another --out)"
        )

    def _check_same_run(self, before: dict[str, Any]) -> None:
        if not self._resume:
            raise ConfigError(
                f"{self.path} holds an unfinished run (continue it with --resume, or choose another --out)"
            )
        changed = [name for name, value in self._identity.items() if before.get(name) != value]
        if changed:
            had, got = (
                ", ".join(f"{name} = {of.get(name)!r}" for name in changed) for of in (before, self._identity)
            )
            raise ConfigError(
                f"{self.path}: the run to resume had {had}; got {got} "
                "(resume with the same data and settings, or choose another --out)"
            )

    def _mend_log(self) -> None:
        """Cut off a last line that a full disk or a kill left without its end."""
        if self.log.is_file():
            with self.log.open("r+b") as file:
                file.truncate(file.read().rfind(b"\n") + 1)
