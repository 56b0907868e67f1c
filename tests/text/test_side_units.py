import pytest

from headgate.text import UNITS
from headgate.text.side_units import choose_unit

WORDS = ["knight", "through", "o'clock", "well-being", "Donaudampfschiffahrt"]
PHONEMES = ["N AY T", "TH R UW", "AH K L AA K", "W EH L B IY IH NG"]
SENTENCES = [
    "Two young men are outside near many bushes.",
    "Several people in hard hats operate a giant pulley.",
    "A little girl climbs into a wooden playhouse.",
]


@pytest.mark.parametrize(
    ("lines", "unit"),
    [
        (WORDS, "char"),
        ([*WORDS * 4, "New York"], "char"),
        (["東京都", "会いましょう", "我爱你", "今天天气很好。"], "char"),
        (["今天早上我在公园里看见了两只小狗和一个正在跑步的年轻人。" * 2], "subword"),
        (["ACGTACGTAGGA" * 10], "subword"),
        (PHONEMES * 200, "word"),
        (PHONEMES, "subword"),
        (["ab", "b a", "a b a"] * 50, "word"),
        ([f"{first} {second}" for first in range(300) for second in range(300)], "subword"),
        (SENTENCES, "subword"),
        (SENTENCES * 3, "subword"),
        ([], "subword"),
        (["", " "], "subword"),
        ([*WORDS, *[""] * 99], "char"),
    ],
)
def test_the_lines_of_a_side_say_what_suits_it(lines, unit):
    assert choose_unit(iter(lines)) == unit
    assert unit in UNITS


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_ends_change_nothing(end):
    assert choose_unit(["x" * 40 + end]) == choose_unit(["x" * 40]) == "char"
    assert choose_unit(["x" * 41 + end]) == choose_unit(["x" * 41]) == "subword"


def test_symbols_are_few_and_each_is_seen_often():
    def lines(distinct, times):
        return [f"s{symbol} s{symbol}" for symbol in range(distinct) for _ in range(times // 2)]

    assert choose_unit(lines(256, 50)) == "word"
    assert choose_unit(lines(257, 50)) == "subword"
    assert choose_unit(lines(256, 48)) == "subword"
