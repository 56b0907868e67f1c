import subprocess
import sys

import pytest

from headgate.cli.demo import EXAMPLES
from headgate.modelfile import bundled_models, locate_model

BUNDLED = bundled_models()
needs_bundled = pytest.mark.skipif(not BUNDLED, reason="no model is bundled yet")
every_bundled = pytest.mark.parametrize(
    "name", BUNDLED or [pytest.param("none", marks=pytest.mark.skip(reason="no model is bundled yet"))]
)


@needs_bundled
def test_the_demo_answers_for_every_bundled_model_without_torch():
    program = (
        "import sys; from headgate.cli import main; main(['demo']);"
        "sys.exit('torch was imported' if 'torch' in sys.modules else 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    for name in BUNDLED:
        assert f'{name}: "{EXAMPLES[name]}" -> ' in done.stdout


@needs_bundled
def test_models_lists_every_bundled_model(headgate):
    done = headgate("models")
    assert (done.status, done.err) == (0, "")
    assert [line.split("\t")[0] for line in done.out.splitlines()] == BUNDLED


@every_bundled
def test_a_bundled_model_is_small_and_its_card_names_data_and_licence(name):
    folder = locate_model(name)
    assert sum(file.stat().st_size for file in folder.iterdir()) <= 3_000_000
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "**Training data:**" in card and "**Licence of the training data:**" in card
    assert "not stated" not in card


@needs_bundled
@pytest.mark.parametrize(
    ("text", "label"), [("This movie was great", "positive"), ("A dull, lifeless mess.", "negative")]
)
def test_the_sentiment_model_tells_good_from_bad(headgate, text, label):
    done = headgate("predict", "sentiment", text)
    assert done.out.startswith(f"{label}\t")


def test_without_bundled_models_the_demo_and_the_list_are_empty(headgate, monkeypatch):
    for module in ("demo", "models"):
        monkeypatch.setattr(f"headgate.cli.{module}.bundled_models", list, raising=False)
    for command in ("demo", "models"):
        done = headgate(command)
        assert (done.status, done.err) == (0, "")


def test_the_entities_model_finds_who_works_where(headgate):
    done = headgate("predict", "entities", "John works at Google in California")
    assert done.out == "John/B-PER works/O at/O Google/B-ORG in/O California/B-LOC\n"
