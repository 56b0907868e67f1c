import os
import re
import signal
import subprocess
import sys
import threading
import time

import pytest

from headgate.cli import main
from headgate.training.interruption import Interruption
from tests.training.small_runs import small_command, weights_of, write_texts


@pytest.fixture
def interruptible():
    """Python's own answer to Ctrl-C, which a process in the background may have been started without."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_the_first_signal_is_noted_and_the_second_interrupts(interruptible):
    with Interruption() as interruption:
        assert not interruption.requested
        os.kill(os.getpid(), signal.SIGINT)
        assert interruption.requested
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)


def test_signals_mean_what_they_meant_before_once_training_is_over():
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with Interruption():
        assert signal.getsignal(signal.SIGTERM) != before[1]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_training_in_another_thread_leaves_signals_alone():
    found = []

    def enter() -> None:
        with Interruption() as interruption:
            found.append(interruption.requested)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert found == [False]


def test_ctrl_c_saves_and_resume_gives_the_model_of_an_uninterrupted_run(tmp_path, capsys):
    texts, epochs = write_texts(tmp_path / "texts.csv"), "--epochs=30"
    patience = "--set=patience=30"
    command = small_command(texts, tmp_path / "run", epochs, patience)
    with subprocess.Popen(
        [sys.executable, "-m", "headgate", *command],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        said = iter(process.stderr.readline, "")
        assert any(line.startswith("epoch 1 ") for line in said)
        process.send_signal(signal.SIGINT)
        rest, shown = list(said), process.stdout.read()
    assert process.returncode == 2
    assert shown == ""
    checkpoint = tmp_path / "run" / "checkpoint"
    assert (checkpoint / "state.json").is_file()
    assert re.fullmatch(
        rf"headgate: stopped in epoch \d+ of 30; all is saved in {re.escape(str(checkpoint))} "
        r"\(continue with --resume\)\n",
        rest[-1],
    )
    assert all(line.startswith("epoch ") for line in rest[:-1])

    capsys.readouterr()
    assert main(["predict", str(tmp_path / "run"), "a text"]) == 2
    captured = capsys.readouterr()
    assert captured.err == (
        f"headgate: {tmp_path / 'run'}: training was interrupted before there was a model "
        "(continue it with --resume)\n"
    )

    assert main([*command, "--resume"]) == 0
    assert main(small_command(texts, tmp_path / "whole", epochs, patience)) == 0
    assert weights_of(tmp_path / "run") == weights_of(tmp_path / "whole")
