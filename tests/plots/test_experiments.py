import struct

import pytest

from headgate.errors import OutputError
from headgate.plots.experiments import draw_gradients, draw_scores


def outcome(cell, length, scores):
    checks = [{"batches": 10 * place, "score": 0.2 * place} for place in (1, 2, 3)]
    tests = [{"length": at, "score": score} for at, score in scores.items()]
    return {"cell": cell, "length": length, "checks": checks, "tests": tests}


def size(path):
    content = path.read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n") and content.endswith(b"IEND\xaeB`\x82")
    return struct.unpack(">II", content[16:24])


@pytest.mark.parametrize("logarithmic", [False, True])
@pytest.mark.parametrize("lengths", [(8,), (8, 16)])
def test_scores_are_drawn_as_a_png(tmp_path, lengths, logarithmic):
    records = [
        outcome(cell, length, {length: 0.9, 2 * length: 0.5})
        for cell in ("lstm", "gru")
        for length in lengths
    ]
    path = tmp_path / "scores.png"
    draw_scores(
        path, records, title="A title", measure="accuracy", lines={"chance": 0.5}, logarithmic=logarithmic
    )
    width, height = size(path)
    assert width > 1_600 and height > 500
    assert list(tmp_path.iterdir()) == [path]


def test_gradients_are_drawn_as_a_png_though_some_are_zero(tmp_path):
    records = [
        {"setting": setting, "network": network, "part": part, "norms": [1.0, 0.5, 1e-20, 0.0]}
        for setting in ("first weights", "after training", "scaled")
        for network, part in (("lstm", "hidden"), ("lstm", "cell"), ("rnn × 2", "hidden"))
    ]
    path = tmp_path / "gradients.png"
    draw_gradients(path, records, title="A title")
    width, height = size(path)
    assert width > 1_600 and height > 1_000


def test_a_picture_that_cannot_be_written_is_an_error_that_names_it(tmp_path):
    path = tmp_path / "none" / "scores.png"
    with pytest.raises(OutputError, match=r"scores\.png: cannot be written"):
        draw_scores(
            path,
            [outcome("rnn", 8, {8: 1.0})],
            title="",
            measure="m",
            lines={"chance": 0.5},
            logarithmic=False,
        )
