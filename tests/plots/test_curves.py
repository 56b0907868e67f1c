import json
import re
import struct
import zlib

import pytest

from headgate.errors import DataError
from headgate.plots import draw_curves

EVENTS = [
    {"event": "start", "seconds": 0, "step": 0, "total_steps": 30},
    *(
        {
            "event": "epoch",
            "seconds": epoch,
            "epoch": epoch,
            "train_loss": 1.0 / epoch,
            "dev_accuracy": 0.5 + 0.1 * epoch,
            "dev_loss": 0.7 / epoch,
        }
        for epoch in (1, 2, 3)
    ),
    {"event": "finish", "seconds": 4, "best_epoch": 3},
]


def write_log(folder, lines) -> None:
    (folder / "log.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    run = tmp_path_factory.mktemp("my run & <yours>")
    write_log(run, map(json.dumps, EVENTS))
    return run, *draw_curves(run)


def test_the_picture_is_a_png_that_is_not_blank(drawn):
    _, picture, _ = drawn
    content = picture.read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    assert content.endswith(b"IEND\xaeB`\x82")
    width, height = struct.unpack(">II", content[16:24])
    assert width > 800 and height > 400
    pixels = zlib.decompress(b"".join(chunks(content, b"IDAT")))
    assert len(set(pixels)) > 50  # lines of several colours, letters with soft edges


def chunks(png: bytes, kind: bytes):
    place = 8
    while place < len(png):
        (size,) = struct.unpack(">I", png[place : place + 4])
        if png[place + 4 : place + 8] == kind:
            yield png[place + 8 : place + 8 + size]
        place += 12 + size


def test_the_page_holds_the_curves_and_needs_no_network(drawn):
    _, _, page = drawn
    content = page.read_text(encoding="utf-8")
    assert "<html" in content[:200].lower()
    assert '"dev accuracy"' in content
    # Addresses inside the scripts are names of schemas and of authors.
    scripts = re.compile(r"(<script\b[^>]*>).*?</script>", re.DOTALL)
    assert all("src" not in opening for opening in scripts.findall(content))
    around = scripts.sub("", content)
    assert "http" not in around and "<link" not in around and "@import" not in around
    assert "vega" in content and len(content) > 100_000


def test_nothing_else_is_left_in_the_folder(drawn):
    run, picture, page = drawn
    assert sorted(run.iterdir()) == sorted([picture, page, run / "log.jsonl"])


def test_an_epoch_that_was_done_twice_is_drawn_as_the_second_time(tmp_path):
    again = {**EVENTS[2], "dev_accuracy": 0.123456}
    write_log(tmp_path, map(json.dumps, [*EVENTS[:3], {"event": "start"}, again, *EVENTS[3:]]))
    _, page = draw_curves(tmp_path)
    content = page.read_text(encoding="utf-8")
    assert "0.123456" in content
    assert content.count('"of": "dev accuracy"') == 3


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "log.jsonl: no epoch in it yet, so there is nothing to draw"),
        (['{"event": "start"}'], "log.jsonl: no epoch in it yet, so there is nothing to draw"),
        (['{"event": "start"}', '{"event": "epo'], "log.jsonl line 2: not a line of a training log ("),
        (["3"], "log.jsonl line 1: not a line of a training log ("),
    ],
)
def test_a_log_with_nothing_to_draw_is_one_line(tmp_path, lines, said):
    write_log(tmp_path, lines)
    with pytest.raises(DataError) as caught:
        draw_curves(tmp_path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "curves.png").exists()


def test_a_folder_without_a_log_is_one_line(tmp_path):
    with pytest.raises(DataError, match=r"log\.jsonl: no log that can be read"):
        draw_curves(tmp_path)
