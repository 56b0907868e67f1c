"""One table: every tagger scores in NumPy as in torch, and tags the same however it is run."""

import copy
import itertools
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.cells import CELLS
from headgate.models import NERModel, tagger_inputs
from headgate.runtime import StreamState, Tagger
from headgate.runtime.tagging.network import TaggerNetwork
from headgate.text import TokenBatch
from tests.conftest import PLAIN_TAGS, SPAN_TAGS, WORDS, draw_tagger, small_tagger

TEXTS = [
    "The film wasn't good!",
    "",
    "a plot was bad , the film was n't",
    "😀 naïve 😀",
    "unheard-of Wordings",
    "good",
    " \t ",
]
DIRECTIONS = [
    {"bidirectional": True},
    {"bidirectional": False, "lookahead": 0},
    {"bidirectional": False, "lookahead": 2},
]
STACKS = [
    {"cell": cell, "layers": layers, **direction}
    for cell, layers, direction in itertools.product(CELLS, (1, 2), DIRECTIONS)
]
FEATURES = [
    {"characters": characters, "ngrams": ngrams}
    for characters, ngrams in itertools.product((None, "convolution", "lstm"), (0, 30))
]
CASES = [
    {**stack, **features, "crf": bool((place // 2 + number) % 2)}
    for place, stack in enumerate(STACKS)
    for number, features in enumerate(FEATURES[place % 2 :: 2])
]
"""Every stack with every way to read characters; n-grams and the CRF in every other case of any kind."""
RICH = {"characters": "lstm", "ngrams": 30, "crf": True}


def named(options) -> str:
    return "-".join(map(str, options.values()))


every_stack = pytest.mark.parametrize("stack", STACKS, ids=named)
every_cell = pytest.mark.parametrize("cell", CELLS)


def assert_close(found, expected, tolerance=1e-6):
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)


def in_numpy(shape, module) -> TaggerNetwork:
    """The twin of a torch module."""
    weights = {name: tensor.numpy() for name, tensor in module.state_dict().items()}
    return TaggerNetwork(shape, weights, Path("weights"))


def longest_first(encoder, texts) -> TokenBatch:
    """One batch of all the texts, as networks want it."""
    encoded = encoder.encode(texts)
    return encoded.batch(np.argsort(-encoded.lengths, kind="stable"))


def assert_same_answers(found, expected, tolerance=1e-6):
    """The same tokens, tags and spans, and probabilities within the tolerance."""
    for one, other in zip(found, expected, strict=True):
        assert (one.tokens, one.tags) == (other.tokens, other.tags)
        assert_close(one.scores, other.scores, tolerance)
        assert_close([span.score for span in one.spans], [span.score for span in other.spans], tolerance)
        assert [replace(span, score=0.0) for span in one.spans] == [
            replace(span, score=0.0) for span in other.spans
        ]


@pytest.mark.parametrize("case", CASES, ids=named)
def test_numpy_scores_as_torch_does(case):
    shape, encoder, module = draw_tagger(**case)
    network = in_numpy(shape, module)
    batch = longest_first(encoder, TEXTS)
    with torch.no_grad():
        expected = module(*tagger_inputs(batch, torch.device("cpu"))).numpy()
    real = batch.token_mask
    assert_close(network(batch)[real], expected[real], 1e-5)
    if case["crf"]:
        for name, moves in vars(network.transitions).items():
            np.testing.assert_array_equal(moves, getattr(module.crf.to_numpy(), name))


@every_cell
@pytest.mark.parametrize("direction", DIRECTIONS[::2], ids=named)
def test_batch_size_and_order_never_change_an_answer(cell, direction, monkeypatch):
    model = small_tagger(cell=cell, **direction, **RICH)
    together = model.predict(TEXTS)
    assert_same_answers([model.predict(text) for text in TEXTS], together)
    assert_same_answers(model.predict(TEXTS[::-1])[::-1], together)
    monkeypatch.setattr("headgate.data.bucketing.SCORING_TEXTS", 3)
    assert_same_answers(model.predict(TEXTS), together)
    monkeypatch.setattr("headgate.data.bucketing.MOST_TOKENS", 1)
    assert_same_answers(model.predict(TEXTS), together)
    monkeypatch.setattr("headgate.runtime.chunks.CHUNK_TEXTS", 3)
    assert_same_answers(model.predict(TEXTS), together)


@every_stack
@pytest.mark.parametrize("characters", ["convolution", "lstm"])
def test_padding_never_changes_a_score(stack, characters):
    shape, encoder, module = draw_tagger(**stack, **(RICH | {"characters": characters}))
    network, batch = in_numpy(shape, module), longest_first(encoder, TEXTS)

    def widen(ids, columns):
        return np.pad(ids, ((0, 0), (0, columns)))

    subwords = replace(
        batch.subwords,
        word_index=widen(batch.subwords.word_index, 7),
        characters=widen(batch.subwords.characters, 5),
    )
    padded = replace(batch, token_ids=widen(batch.token_ids, 7), subwords=subwords)
    real = batch.token_mask
    assert_close(network(padded)[:, : real.shape[1]][real], network(batch)[real])


# ---------------------------------------------------------------- the torch module


VOCABULARY, EMBEDDING, HIDDEN, TAGS = 12, 3, 4, 5


def module(stack, *, seed=0, **options) -> NERModel:
    """A tagger in evaluation mode, with no weight left at zero."""
    torch.manual_seed(seed)
    model = NERModel(VOCABULARY, EMBEDDING, HIDDEN, TAGS, **stack, **options).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    with torch.no_grad():
        model.embedding.words.weight[0].zero_()
    return model


def scattered(rows, holes) -> torch.Tensor:
    """Texts of ids side by side; before the token at each place so many zeros, and zeros at the end."""
    spread = []
    for row, gaps in zip(rows, holes, strict=True):
        spread.append([one for gap, token in zip(gaps, row, strict=False) for one in [0] * gap + [token]])
    longest = max(map(len, spread)) + 1
    return torch.tensor([row + [0] * (longest - len(row)) for row in spread])


ROWS = [[3, 11, 2, 2, 7], [], [1, 5, 9, 4, 4, 4, 10], [8]]
HOLES = [[2, 0, 1, 0, 3], [], [0, 0, 0, 1, 0, 2, 0], [4]]


@every_stack
def test_id_0_anywhere_changes_no_real_tokens_scores(stack):
    model = module(stack)
    with torch.no_grad():
        ids = scattered(ROWS, HOLES)
        found = model(ids)
        assert found.shape == (*ids.shape, TAGS)
        for row, tokens in enumerate(ROWS):
            alone = model(torch.tensor([tokens or [0]]))[0, : len(tokens)]
            torch.testing.assert_close(found[row][ids[row] != 0], alone, rtol=0, atol=1e-6)


@every_stack
def test_padding_never_changes_a_gradient(stack):
    model = module(stack, crf=True).double()
    gathered, ids = scattered(ROWS, [[0] * 9] * len(ROWS)), scattered(ROWS, HOLES)
    tags = torch.randint(TAGS, (len(ROWS), 7), generator=torch.Generator().manual_seed(0))

    def gradients(ids) -> dict[str, torch.Tensor]:
        model.zero_grad()
        gold = torch.zeros_like(ids)
        for row, tokens in enumerate(ROWS):
            gold[row, ids[row] != 0] = tags[row, : len(tokens)]
        model.crf(model(ids), gold, ids != 0).sum().backward()
        return {name: parameter.grad for name, parameter in model.named_parameters()}

    expected = gradients(gathered)
    for name, gradient in gradients(ids).items():
        torch.testing.assert_close(gradient, expected[name], rtol=0, atol=1e-10)
        assert torch.all(torch.isfinite(gradient)), name


@every_stack
def test_the_fused_kernels_equal_the_readable_loop(stack):
    fused = module(stack).double()
    readable = copy.deepcopy(fused)
    readable.recurrent.fused = False
    ids = scattered(ROWS, HOLES)
    torch.testing.assert_close(fused(ids)[ids != 0], readable(ids)[ids != 0], rtol=0, atol=1e-12)


# ---------------------------------------------------------------- any texts


@pytest.fixture(scope="module")
def models() -> dict[str, Tagger]:
    """One rich bidirectional tagger for each cell."""
    return {cell: small_tagger(cell=cell, **RICH) for cell in CELLS}


MANY_TEXTS = st.lists(
    st.one_of(
        st.text(max_size=30),
        st.lists(st.sampled_from(WORDS)).map(" ".join),
        st.lists(st.one_of(st.sampled_from(WORDS), st.text(min_size=1, max_size=5)), max_size=9),
    ),
    max_size=5,
)


@every_cell
@settings(deadline=None, max_examples=8)
@given(texts=MANY_TEXTS)
def test_any_texts_get_the_answers_that_they_get_alone_in_their_order(cell, models, texts):
    model = models[cell]
    answers = model.predict(texts)
    assert_same_answers(answers, [model.predict([text])[0] for text in texts])
    for given_text, answer in zip(texts, answers, strict=True):
        text = given_text if isinstance(given_text, str) else " ".join(given_text)
        assert len(answer.tokens) == len(answer.tags) == len(answer.scores)
        assert isinstance(given_text, str) or answer.tokens == tuple(given_text)
        assert set(answer.tags) <= set(model.labels)
        assert all(text[span.start : span.end] == span.text for span in answer.spans)
        assert all(0.0 <= score <= 1.0 for score in [*answer.scores, *(one.score for one in answer.spans)])


@pytest.mark.parametrize(
    "text", ["\x00", "\ud800 half a pair", "a\u0301\u0301", "\u200d\u200d", "\ufeff", "👩‍👩‍👧" * 50]
)
def test_odd_characters_get_an_answer(models, text):
    assert set(models["gru"].predict(text).tags) <= set(models["gru"].labels)


# ---------------------------------------------------------------- streams


STREAMS = [
    {"lookahead": lookahead, "crf": crf, "tags": tags}
    for lookahead, crf, tags in itertools.product((0, 1, 3), (False, True), (SPAN_TAGS, PLAIN_TAGS))
]


def named_stream(options) -> str:
    kind = "spans" if options["tags"] == SPAN_TAGS else "plain"
    return f"{options['lookahead']}-{'crf' if options['crf'] else 'each'}-{kind}"


@cache
def streaming(lookahead: int, crf: bool, tags: tuple[str, ...], seed: int) -> Tagger:
    """A left-to-right tagger, with another cell and other features for another seed."""
    return small_tagger(
        tags=tags,
        lookahead=lookahead,
        crf=crf,
        seed=seed,
        cell=list(CELLS)[seed % len(CELLS)],
        layers=1 + seed % 2,
        bidirectional=False,
        characters=(None, "convolution", "lstm")[seed % 3],
        ngrams=30 * (seed % 2),
    )


every_stream = pytest.mark.parametrize("options", STREAMS, ids=named_stream)
SENTENCES = st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=4)), max_size=9).map(
    lambda words: " ".join(words).split()  # a drawn word may hold white space, and so be several or none
)


def chunked(words, cuts) -> list[list[str]]:
    places = sorted(min(cut, len(words)) for cut in cuts)
    return [words[start:end] for start, end in zip([0, *places], [*places, len(words)], strict=True)]


@every_stream
@settings(deadline=None, max_examples=7)
@given(words=SENTENCES, cuts=st.lists(st.integers(0, 9), max_size=9), seed=st.integers(0, 6))
def test_a_stream_gives_the_tags_of_predict_however_the_text_is_cut(options, words, cuts, seed):
    model = streaming(**options, seed=seed)
    stream = model.stream()
    stream.push("good")
    stream.finish()  # whatever has been read before
    found = [token for piece in chunked(words, cuts) for token in stream.push(" ".join(piece))]
    found += stream.finish()
    expected = model.predict(" ".join(words))
    assert tuple(one.token for one in found) == expected.tokens
    assert tuple(one.tag for one in found) == expected.tags
    assert all(0.0 <= one.score <= 1.0 for one in found)


@every_stream
@settings(deadline=None, max_examples=6)
@given(tokens=st.lists(st.text(min_size=1, max_size=4), max_size=9), cut=st.integers(0, 9))
def test_tokens_can_be_pushed_as_they_are(options, tokens, cut):
    model = streaming(**options, seed=1)
    stream = model.stream()
    found = stream.push_tokens(tokens[:cut]) + stream.push_tokens(tokens[cut:]) + stream.finish()
    expected = model.predict([tokens])[0]
    assert [(one.token, one.tag) for one in found] == list(zip(expected.tokens, expected.tags, strict=True))


@every_stream
@settings(deadline=None, max_examples=6)
@given(words=SENTENCES, cut=st.integers(0, 9), seed=st.integers(0, 6))
def test_a_stored_and_forked_stream_goes_on_to_the_same_answers(options, words, cut, seed):
    model = streaming(**options, seed=seed)
    trunk, fork = model.stream(), model.stream()
    before = trunk.push_tokens(words[:cut])
    stored = trunk.state.to_bytes()
    fork.state = StreamState.from_bytes(stored)
    assert fork.push_tokens(["bad", "plot", "!"]) + fork.finish()  # it goes its own way
    after = trunk.push_tokens(words[cut:]) + trunk.finish()
    assert tuple(one.tag for one in before + after) == model.predict([words])[0].tags
    again = model.stream()
    again.state = StreamState.from_bytes(stored)
    assert again.state.to_bytes() == stored
    assert again.push_tokens(words[cut:]) + again.finish() == after


@pytest.mark.parametrize("options", [STREAMS[0], STREAMS[-2]], ids=named_stream)
def test_the_state_stays_small_however_long_the_text(options):
    model = streaming(**options, seed=0)
    stream, sizes = model.stream(), []
    for _ in range(30):
        stream.push("the film was n't good ! a naïve plot , the film was bad ")
        sizes.append(len(stream.state.to_bytes()))
        waiting = len(stream.state.arrays["decoder.pending*"])
        assert len(stream.state.arrays["outputs*"]) == options["lookahead"]
        assert waiting < 30
    assert max(sizes[15:]) <= max(sizes[:15])


def test_plain_tags_chosen_one_by_one_are_given_out_at_once_with_the_probability_of_predict():
    model = streaming(0, False, PLAIN_TAGS, 0)
    stream, words = model.stream(), TEXTS[2].split()
    found = [stream.push(word) for word in words]
    assert [len(decided) for decided in found] == [1] * len(words)
    assert stream.finish() == []
    assert_close([one.score for (one,) in found], model.predict(TEXTS[2]).scores)


@pytest.mark.parametrize("lookahead", [1, 3])
def test_a_token_waits_for_its_lookahead_and_no_longer(lookahead):
    model = streaming(lookahead, False, PLAIN_TAGS, 0)
    stream, words = model.stream(), TEXTS[2].split()
    given_out = [len(stream.push(word)) for word in words]
    assert given_out == [0] * lookahead + [1] * (len(words) - lookahead)
    assert len(stream.finish()) == lookahead
