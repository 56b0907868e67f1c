from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.data import (
    DEV_LIMIT,
    PAIR_DEV_LIMIT,
    IndexedPairs,
    LabelledText,
    Pair,
    split_dev,
    split_pairs,
)
from headgate.errors import ConfigError, DataError


def examples_of(labels) -> list[LabelledText]:
    return [LabelledText(f"text {place}", str(label), place + 2) for place, label in enumerate(labels)]


LABELS = st.lists(st.sampled_from("aaaaabbc"), min_size=2, max_size=200).filter(
    lambda them: len(set(them)) < len(them)
)


@settings(deadline=None)
@given(labels=LABELS, fraction=st.floats(0.01, 0.99), seed=st.integers(0, 5))
def test_every_example_is_in_one_part_and_every_label_can_be_learnt(labels, fraction, seed):
    examples = examples_of(labels)
    train, dev = split_dev(examples, fraction, seed=seed)
    assert sorted(train + dev, key=lambda example: example.line) == examples
    assert {example.label for example in train} == set(labels)
    spared = len(labels) - len(set(labels))
    assert len(dev) == min(spared, max(1, round(fraction * len(labels))))
    for part in (train, dev):
        assert part == sorted(part, key=lambda example: example.line)


@settings(deadline=None)
@given(seed=st.integers(0, 2**32))
def test_labels_keep_their_proportions(seed):
    sizes = {"a": 1000, "b": 300, "c": 50, "d": 1}
    _, dev = split_dev(examples_of("".join(label * size for label, size in sizes.items())), seed=seed)
    found = Counter(example.label for example in dev)
    assert found["d"] == 0
    assert all(abs(found[label] - sizes[label] / 10) <= 1 for label in "abc")


def test_the_same_seed_gives_the_same_split_and_another_gives_another():
    examples = examples_of("ab" * 100)
    assert split_dev(examples, seed=1) == split_dev(examples, seed=1)
    assert split_dev(examples, seed=1) != split_dev(examples, seed=2)


def test_a_large_set_gives_no_more_than_the_limit():
    train, dev = split_dev(examples_of("abcd" * 20_000), seed=0)
    assert len(dev) == DEV_LIMIT
    assert len(train) == 80_000 - DEV_LIMIT
    assert set(Counter(example.label for example in dev).values()) <= {
        DEV_LIMIT // 4 + off for off in (-1, 0, 1)
    }


def test_two_examples_of_a_label_give_one_to_each_part():
    train, dev = split_dev(examples_of("aa"), seed=0)
    assert len(train) == len(dev) == 1


@pytest.mark.parametrize("labels", ["", "a"])
def test_fewer_than_two_examples_all_train(labels):
    assert split_dev(examples_of(labels), seed=0) == (examples_of(labels), [])


def test_labels_with_one_example_each_leave_none_for_dev():
    with pytest.raises(DataError, match=r"no label has two examples.*--dev"):
        split_dev(examples_of("abc"), seed=0)


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 2, float("nan")])
def test_a_fraction_outside_its_range_is_refused(fraction):
    with pytest.raises(ConfigError, match="fraction must lie between 0 and 1; got"):
        split_dev(examples_of("aa"), fraction, seed=0)


# ---------------------------------------------------------------- pairs


def pairs_of(sources) -> IndexedPairs:
    """A pair for each source, in which the target is its place."""
    return IndexedPairs.of(Pair(source, str(place)) for place, source in enumerate(sources))


def places(pairs: IndexedPairs) -> list[int]:
    return [int(target) for target in pairs.targets]


SOURCES = st.lists(st.sampled_from(["a", "b", "c", "é", "ab", "\ud800"]) | st.text("xyz", min_size=1)).filter(
    lambda them: len(set(them)) > 1
)


@settings(deadline=None)
@given(sources=SOURCES, fraction=st.floats(0.01, 0.99), seed=st.integers(-3, 3))
def test_no_source_is_on_both_sides_and_every_pair_is_on_one(sources, fraction, seed):
    train, dev = split_pairs(pairs_of(sources), fraction, seed=seed)
    assert sorted(places(train) + places(dev)) == list(range(len(sources)))
    assert not set(train.sources) & set(dev.sources)
    assert len(train) > 0
    fewest = min(Counter(sources).values())
    assert 1 <= len(dev) <= max(fewest, round(fraction * len(sources)))
    for part in (train, dev):
        assert places(part) == sorted(places(part))


@settings(deadline=None)
@given(seed=st.integers(0, 2**70))
def test_distinct_sources_give_exactly_the_fraction(seed):
    train, dev = split_pairs(pairs_of(map(str, range(200))), 0.3, seed=seed)
    assert (len(train), len(dev)) == (140, 60)


def test_a_large_set_of_pairs_gives_no_more_than_the_limit():
    train, dev = split_pairs(pairs_of(map(str, range(30_000))), seed=0)
    assert (len(train), len(dev)) == (30_000 - PAIR_DEV_LIMIT, PAIR_DEV_LIMIT)
    assert abs(sum(places(dev)) / PAIR_DEV_LIMIT - 15_000) < 1000  # from everywhere: the mean is within 5 SD


def test_the_split_of_pairs_follows_from_the_seed_and_not_from_their_order():
    sources = [str(number) for number in range(500)]
    devs = [
        set(split_pairs(pairs_of(given), seed=seed)[1].sources)
        for given, seed in ((sources, 1), (sources[::-1], 1), (sources, 2))
    ]
    assert devs[0] == devs[1] != devs[2]


def test_a_source_of_very_many_targets_stays_in_training():
    sources = ["often"] * 900 + [str(number) for number in range(100)]
    for seed in range(10):
        train, dev = split_pairs(pairs_of(sources), seed=seed)
        assert "often" in train.sources
        assert len(dev) == 100 - (len(train) - 900)


def test_pairs_of_one_source_leave_none_for_dev():
    with pytest.raises(DataError, match=r"all pairs have the same source.*--dev"):
        split_pairs(pairs_of("aaa"), seed=0)


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 2, float("nan")])
def test_a_fraction_of_pairs_outside_its_range_is_refused(fraction):
    with pytest.raises(ConfigError, match="fraction must lie between 0 and 1; got"):
        split_pairs(pairs_of("ab"), fraction, seed=0)
