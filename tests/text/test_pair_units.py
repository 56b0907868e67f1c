import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.text import UNITS, PairUnits, learn_units

SOURCE, TARGET = "a plot\nthe film was\n", "der Film war\nöde Handlung\n"
every_unit = pytest.mark.parametrize("unit", UNITS)


def pair(unit: str = "char", *, joint: bool = False, expansion: float = 2.5) -> PairUnits:
    sides = [SOURCE + TARGET] if joint else [SOURCE, TARGET]
    return PairUnits(*(learn_units(unit, text, size=264) for text in sides), expansion=expansion)


def description(**changes) -> dict:
    return json.loads(json.dumps(pair().to_json())) | changes


@every_unit
@pytest.mark.parametrize("joint", [True, False])
@pytest.mark.parametrize("text", ["the film", "", "unheard-of", "日本 😀", "\n", "a\nplot\n"])
def test_a_text_is_one_line_with_one_end_on_either_side(unit, joint, text):
    units = pair(unit, joint=joint)
    for ids, side in ((units.source_ids(text), units.source), (units.target_ids(text), units.target)):
        (end,) = side.encode("\n").tolist()
        assert ids.tolist().count(end) == 1
        assert ids[-1] == end
        assert 0 not in ids.tolist()
    assert units.target_ids(text)[-1] == units.end


@every_unit
def test_a_line_end_within_a_text_is_read_as_a_blank(unit):
    units = pair(unit)
    assert units.source_ids("the\nfilm").tolist() == units.source_ids("the film").tolist()
    assert units.target_ids("der\nFilm").tolist() == units.target_ids("der Film").tolist()


@settings(deadline=None, max_examples=40)
@given(text=st.text("der Film\nwarö", max_size=12))
def test_what_is_written_is_the_line_that_was_encoded_with_its_end_or_without(text):
    units = pair()
    ids = tuple(units.target_ids(text).tolist())
    assert units.written(ids) == units.written(ids[:-1]) == text.replace("\n", " ")
    assert units.written(()) == ""


@pytest.mark.parametrize("text", ["der Film war öde", "日本", "", "🙂 x"])
def test_subwords_write_whatever_there_is(text):
    units = pair("subword")
    assert units.written(units.target_ids(text).tolist()) == text


@every_unit
@pytest.mark.parametrize("joint", [True, False])
def test_units_come_back_as_they_were_described(unit, joint):
    units = pair(unit, joint=joint)
    again = PairUnits.from_json(json.loads(json.dumps(units.to_json())))
    assert (again.joint, again.expansion, again.end) == (joint, 2.5, units.end)
    assert (again.source is again.target) == joint
    for text in ("the film öde", "日本 zip"):
        assert again.source_ids(text).tolist() == units.source_ids(text).tolist()
        assert again.target_ids(text).tolist() == units.target_ids(text).tolist()
    assert again.to_json() == units.to_json()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"units": "char"}, '"units" must be "pair"'),
        ({"source": None}, '"source" must describe units'),
        ({"target": "char"}, '"target" must describe units'),
        ({"target": {"units": "runes"}}, '"units" must be'),
        ({"expansion": 0}, '"expansion" must be above 0 and at most 1000; got 0'),
        ({"expansion": -2.0}, '"expansion" must be above 0 and at most 1000; got -2.0'),
        ({"expansion": 1e9}, '"expansion" must be above 0 and at most 1000; got'),
        ({"expansion": float("nan")}, '"expansion" must be above 0 and at most 1000; got nan'),
        ({"expansion": "2"}, "\"expansion\" must be above 0 and at most 1000; got '2'"),
        ({"expansion": None}, '"expansion" must be above 0 and at most 1000; got None'),
    ],
    ids=str,
)
def test_a_description_of_no_units_names_the_entry(changes, said):
    with pytest.raises(ValueError, match=said):
        PairUnits.from_json(description(**changes))
