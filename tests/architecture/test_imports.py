"""What is light stays light: each question is put to a fresh Python."""

import subprocess
import sys

import pytest

HEAVY = {
    *("accelerate", "altair", "datasets", "huggingface_hub", "joblib", "matplotlib", "pandas", "pyarrow"),
    *("requests", "sklearn", "torch", "transformers", "vl_convert"),
}


def heavy_after(program: str) -> set[str]:
    """Which heavy modules a program has imported by its end."""
    report = "import sys\nprint(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\n{report}"], capture_output=True, text=True, check=True
    )
    return HEAVY & set(done.stderr.split())


@pytest.mark.parametrize(
    "program",
    [
        "import headgate",
        "import headgate.runtime",
        "import headgate.modelfile, headgate.tasks, headgate.data",
        "import headgate.cli",
        "from headgate.cli import main; assert main(['--help']) == 0",
        "from headgate.cli import main; assert main(['train', '--help']) == 0",
        "from headgate.cli import main; assert main(['models']) == 0",
    ],
)
def test_nothing_heavy_is_imported_before_it_is_needed(program):
    assert heavy_after(program) == set()


def test_predicting_imports_nothing_heavy(make_model):
    path = str(make_model(ngrams=30, bag=True).path)
    assert heavy_after(f"import headgate; headgate.load({path!r}).predict('good')") == set()
    command = ["predict", path, "the film was good"]
    assert heavy_after(f"from headgate.cli import main; assert main({command!r}) == 0") == set()


def test_tagging_imports_nothing_heavy(make_tagger):
    path = str(make_tagger(characters="lstm", ngrams=30, crf=True, bidirectional=False).path)
    program = f"import headgate; model = headgate.load({path!r}); model.predict(['good', ['a', 'film']])"
    assert heavy_after(f"{program}; stream = model.stream(); stream.push('a film'); stream.finish()") == set()
    command = ["predict", path, "the film was good", "--format", "jsonl"]
    assert heavy_after(f"from headgate.cli import main; assert main({command!r}) == 0") == set()


@pytest.mark.parametrize("unit", ["char", "subword", "word"])
def test_writing_imports_nothing_heavy(make_generator, unit):
    path = str(make_generator(unit=unit).path)
    program = f"import headgate; model = headgate.load({path!r}); model.predict('the film', length=3)"
    assert heavy_after(f"{program}; stream = model.stream(); stream.push('a film')") == set()
    command = ["predict", path, "the film", "--length", "3"]
    assert heavy_after(f"from headgate.cli import main; assert main({command!r}) == 0") == set()


def test_the_heavy_is_seen_where_it_is():
    assert "torch" in heavy_after("import headgate.layers")
