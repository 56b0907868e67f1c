import itertools
import json

import numpy as np
import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

import headgate
from headgate.decoding import FORBIDDEN
from headgate.errors import ConfigError, DataError
from headgate.modelfile import checksum, pack_weights, read_model
from headgate.runtime import StreamState, Tagger, TaggingStream, load
from headgate.tasks import Tagging, spans_of, to_bio
from tests.conftest import PLAIN_TAGS, small_tagger
from tests.runtime.classification.test_classifier import CHANGED, change_json, refused

TEXT = "The film wasn't good! a naïve plot"


def test_headgate_load_is_the_runtimes(make_tagger):
    path = make_tagger().path
    model = headgate.load(path)
    assert isinstance(model, Tagger)
    assert model.task == "tagging"
    assert model.labels == ("O", "B-LOC", "B-PER", "I-LOC", "I-PER")
    assert model.predict(TEXT) == load(str(path)).predict(TEXT)


# ---------------------------------------------------------------- inputs of every kind


@pytest.fixture(scope="module")
def model() -> Tagger:
    return small_tagger(characters="convolution", ngrams=30, crf=True)


def test_one_text_gives_one_answer_and_many_give_a_list(model):
    one = model.predict(TEXT)
    assert isinstance(one, Tagging)
    assert one.tokens == ("The", "film", "was", "n't", "good", "!", "a", "naïve", "plot")
    assert model.predict([TEXT]) == model.predict((TEXT,)) == list(model.predict_each(iter([TEXT]))) == [one]
    assert [answer.tokens for answer in model.predict(["bad", TEXT])] == [("bad",), one.tokens]


def test_tokens_are_taken_as_they_are(model):
    tokens = ["New York", "isn't", "a\u00a0b", "!?"]
    (answer,) = model.predict([tokens])
    assert answer.tokens == tuple(tokens)
    assert model.predict([tuple(tokens)]) == [answer]
    text = " ".join(tokens)
    assert all(text[span.start : span.end] == span.text for span in answer.spans)


@pytest.mark.parametrize(
    ("tokens", "said"),
    [
        (["a", ""], "each token must be a text of one character at least; got ''"),
        (["a", None], "each token must be a text of one character at least; got None"),
        ([["a"]], "each token must be a text of one character at least; got ['a']"),
    ],
    ids=str,
)
def test_what_is_no_token_is_refused(model, tokens, said):
    with pytest.raises(ConfigError) as caught:
        model.predict([tokens])
    assert str(caught.value) == said
    with pytest.raises(ConfigError) as caught:
        small_tagger(bidirectional=False).stream().push_tokens(tokens)
    assert str(caught.value) == said


def test_a_text_is_no_list_of_tokens():
    with pytest.raises(ConfigError, match="tokens must be a list of texts; got one text, 'a film'"):
        small_tagger(bidirectional=False).stream().push_tokens("a film")


def test_a_texts_own_tokens_get_its_own_answer(model):
    whole = model.predict(TEXT)
    (split,) = model.predict([list(whole.tokens)])
    assert split.tags == whole.tags
    np.testing.assert_allclose(split.scores, whole.scores, rtol=0, atol=1e-6)


def test_texts_and_tokens_may_be_mixed(model):
    answers = model.predict(["bad plot", ["bad", "plot"], "", []])
    assert answers[0] == answers[1]
    assert answers[2] == answers[3] == Tagging((), (), (), ())


@pytest.mark.parametrize("text", ["", " ", "\t\n", "\u202f"])
def test_a_text_without_words_has_an_empty_answer(model, text):
    assert model.predict(text) == Tagging((), (), (), ())


@pytest.mark.parametrize("texts", [[], (), iter([])])
def test_no_texts_get_no_answers(model, texts):
    assert model.predict(texts) == []


def test_texts_are_read_a_bounded_number_ahead(model, monkeypatch):
    monkeypatch.setattr("headgate.runtime.chunks.CHUNK_TEXTS", 8)
    read = 0

    def endless():
        nonlocal read
        for number in itertools.count():
            read += 1
            yield f"film {number}"

    answers = model.predict_each(endless())
    assert read == 0
    for given_so_far in range(1, 20):
        assert next(answers).tokens[1] == str(given_so_far - 1)
        assert given_so_far <= read < given_so_far + 8


# ---------------------------------------------------------------- places in the text

GRAPHEMES = ["e\u0301", "👩‍👩‍👧", "🇩🇪", "👍🏽", "ก็", "नि", "각", "a\u0308\u0323", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "ﬁ", "ß", "x", "B"]
PIECES = st.lists(
    st.one_of(st.sampled_from(GRAPHEMES), st.sampled_from([" ", "  ", "\u00a0", ",", "n't"])), max_size=14
)


@settings(deadline=None, max_examples=40)
@given(pieces=PIECES)
def test_spans_are_exact_slices_of_the_text_and_never_cut_what_is_read_as_one_character(model, pieces):
    text = "".join(pieces)
    answer = model.predict(text)
    bounds = {0, *(match.end() for match in regex.finditer(r"\X", text))}
    for span in answer.spans:
        assert text[span.start : span.end] == span.text
        assert {span.start, span.end} <= bounds
        assert span.text == span.text.strip()
    place = 0
    for token in answer.tokens:
        place = text.index(token, place) + len(token)
    starts = [span.start for span in answer.spans]
    assert starts == sorted(starts)
    assert all(one.end <= other.start for one, other in itertools.pairwise(answer.spans))


@settings(deadline=None, max_examples=20)
@given(words=st.lists(st.sampled_from(["the", "film", "😀", "naïve", "zzz"]), max_size=9))
def test_tags_are_right_bio_and_say_the_same_as_the_spans(model, words):
    (answer,) = model.predict([words])
    assert set(answer.tags) <= set(model.labels)
    spans = spans_of(answer.tags)
    assert to_bio(spans, len(words)) == list(answer.tags)  # no I that nothing begins
    assert [(span.label, span.text) for span in answer.spans] == [
        (span.label, " ".join(words[span.start : span.end])) for span in spans
    ]


def test_plain_tags_have_a_score_each_and_no_spans():
    answer = small_tagger(tags=PLAIN_TAGS).predict(TEXT)
    assert set(answer.tags) <= set(PLAIN_TAGS)
    assert answer.spans == ()
    assert all(1 / len(PLAIN_TAGS) <= score <= 1 for score in answer.scores)  # the likeliest of them


def test_a_spans_score_is_no_higher_than_that_of_any_of_its_tags(model):
    answer = model.predict(TEXT)
    assert answer.spans
    for span, place in zip(answer.spans, spans_of(answer.tags), strict=True):
        assert 0 < span.score <= min(answer.scores[place.start : place.end]) + 1e-12


# ---------------------------------------------------------------- models that were changed or do not fit


def test_the_golden_answers_are_those_of_the_model(make_tagger):
    small = make_tagger(characters="lstm", crf=True)
    tagger = load(small.path)
    for golden in small.config.golden:
        assert tagger.predict(golden.text).scores == pytest.approx(golden.scores, abs=1e-6)


def rotated(words):
    return words[1:] + words[:1]


@pytest.mark.parametrize("entry", ["words", "alphabet"])
def test_a_tokeniser_that_was_changed_is_found(make_tagger, entry):
    path = make_tagger(characters="convolution").path
    value = json.loads((path / "tokenizer.json").read_text())[entry]
    change_json(path / "tokenizer.json", **{entry: rotated(value)})
    assert refused(path) == f"{path}: {CHANGED}"


@pytest.mark.parametrize(
    "change",
    [
        {"temperature": 1.6},
        {"golden": [{"text": "good film", "scores": [0.2, 0.3]}]},
        {"golden": [{"text": "good film", "scores": [0.2]}]},
        {"golden": [{"text": "", "scores": [0.2]}]},
        {"labels": ["B-LOC", "O", "B-PER", "E-LOC", "E-PER", "I-LOC", "I-PER", "S-LOC", "S-PER"]},
    ],
    ids=str,
)
def test_a_config_that_was_changed_is_found(make_tagger, change):
    path = make_tagger(crf=True).path
    change_json(path / "config.json", **change)
    assert refused(path) == f"{path}: {CHANGED}"


def store(path, weights):
    packed = pack_weights(weights)
    (path / "model.safetensors").write_bytes(packed)
    change_json(path / "config.json", weights_sha256=checksum(packed))
    return path


@pytest.mark.parametrize("name", ["crf.between", "embedding.characters.table.weight", "output.bias"])
def test_weights_that_were_changed_and_signed_are_found(make_tagger, name):
    path = make_tagger(characters="lstm", crf=True).path
    weights = dict(read_model(path).weights)
    weights[name] = np.where(weights[name] > FORBIDDEN / 2, weights[name] * -1.5, weights[name])
    assert refused(store(path, weights)) == f"{path}: {CHANGED}"


def test_words_tags_and_characters_that_do_not_fit_the_network_are_found(make_tagger, tmp_path):
    changes = {
        "words": ("tokenizer.json", {"words": ["one"]}),
        "characters": ("tokenizer.json", {"alphabet": "abc"}),
        "n-grams": ("tokenizer.json", {"ngrams": None}),
        "tags": ("config.json", {"labels": ["O", "B-X", "I-X"], "golden": []}),
        "word pairs": ("tokenizer.json", {"pairs": [[2, 3]]}),
    }
    for what, (file, change) in changes.items():
        path = make_tagger(tmp_path / what, characters="lstm", ngrams=30).path
        change_json(path / file, **change)
        assert refused(path) == f"{path}: the config does not fit its own {what}"


@pytest.mark.parametrize("change", [{"alphabet": 7}, {"alphabet": ["ab", "c"]}], ids=str)
def test_an_alphabet_that_is_damaged_is_named(make_tagger, change):
    path = make_tagger(characters="lstm").path
    change_json(path / "tokenizer.json", **change)
    assert refused(path).startswith(str(path))


@pytest.mark.parametrize(
    "name", ["crf.first", "embedding.characters.filters.1.weight", "output.weight", "embedding.ngrams.weight"]
)
def test_a_weight_that_is_missing_or_of_another_shape_is_named(make_tagger, name):
    path = make_tagger(characters="convolution", ngrams=30, crf=True).path
    weights = dict(read_model(path).weights)
    whole = weights.pop(name)
    assert f"no weight {name!r}, which the config calls for" in refused(store(path, weights))
    weights[name] = whole[:-1]
    assert f"{name} has shape {whole[:-1].shape}; the config says {whole.shape}" in refused(
        store(path, weights)
    )


def test_a_model_stored_in_half_precision_still_forbids_what_its_scheme_does(make_tagger, tmp_path):
    half, full = (load(make_tagger(tmp_path / str(half), half=half, crf=True).path) for half in (True, False))
    moves = half.folder.weights["crf.between"]
    np.testing.assert_array_equal(moves < FORBIDDEN / 2, ~half.space.allowed.between)
    found, expected = half.predict(TEXT), full.predict(TEXT)
    np.testing.assert_allclose(found.scores, expected.scores, rtol=0, atol=0.05)


# ---------------------------------------------------------------- streams


def test_a_bidirectional_model_cannot_stream_and_says_what_to_do(make_tagger):
    small = make_tagger(bidirectional=True)
    with pytest.raises(ConfigError) as caught:
        load(small.path).stream()
    assert str(caught.value) == (
        f"{small.path}: a bidirectional model needs the whole text and cannot stream "
        "(train it with --no-bidirectional, and --lookahead N to read N tokens ahead)"
    )


def test_a_left_to_right_model_streams():
    stream = small_tagger(bidirectional=False, lookahead=1).stream()
    assert isinstance(stream, TaggingStream)
    assert stream.push("") == stream.push(" \n") == stream.push_tokens([]) == stream.finish() == []


def test_the_state_of_another_model_is_refused(make_model):
    stream = small_tagger(bidirectional=False).stream()
    others = [
        small_tagger(bidirectional=False, tags=PLAIN_TAGS).stream(),
        small_tagger(bidirectional=False, cell="gru").stream(),
        small_tagger(bidirectional=False, layers=2).stream(),
        load(make_model(bidirectional=False).path).stream(),
    ]
    for other in others:
        with pytest.raises(DataError, match="the state is of another model"):
            stream.state = other.state
    with pytest.raises(DataError, match="the state is of another model"):
        others[-1].state = stream.state


def test_arrays_of_a_state_can_be_changed_without_changing_the_stream():
    model = small_tagger(bidirectional=False, lookahead=2, crf=True)
    stream, expected = model.stream(), model.stream()
    for one in (stream, expected):
        one.push("the film was")
    copies = StreamState({name: np.array(array) for name, array in stream.state.arrays.items()})
    stream.state = copies
    for array in copies.arrays.values():
        array.fill(7)
    assert stream.push("good !") + stream.finish() == expected.push("good !") + expected.finish()
