import gzip
import io
import json
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.data import TaggedSentence, read_tagged
from headgate.text import find_words

SHARED = Path(__file__).parents[3] / "shared" / "data"
needs_shared_data = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the open datasets lie in ../shared/data, which is not here"
)


def write(folder, name: str, content: str):
    path = folder / name
    path.write_bytes(gzip.compress(content.encode()) if name.endswith(".gz") else content.encode())
    return path


def pairs(sentences):
    """Each sentence as a list of its tokens with their tags."""
    return [list(zip(sentence.tokens, sentence.tags, strict=True)) for sentence in sentences]


def read(folder, name: str, content: str, **columns):
    return pairs(read_tagged(write(folder, name, content), **columns))


# ---------------------------------------------------------------- CoNLL columns

ANNA = [("Anna", "B-PER"), ("sings", "O")]
ODD_TOKENS = ["e\u0301té", "👩‍👩‍👧", "a\u0085b", "3\u00a0000", "\u2028", "#", "#nlp", '"', "-DOCSTART-x"]
FIELD = st.one_of(
    st.sampled_from(ODD_TOKENS),
    st.text(st.characters(exclude_characters="\t\n\r\ufeff", exclude_categories=["Cs"])),
).map(lambda text: text.strip(" ") or "x")
TAG = st.sampled_from(["O", "B-PER", "I-creative-work", "$,"])
SENTENCES = st.lists(st.lists(st.tuples(FIELD, TAG), min_size=1), min_size=1)


@settings(deadline=None)
@given(
    sentences=SENTENCES,
    extra=st.integers(0, 2),
    end=st.sampled_from(["\n", "\r\n"]),
    packed=st.booleans(),
)
def test_columns_with_tabs_come_back_as_written(sentences, extra, end, packed, tmp_path_factory):
    sentences = [ANNA, *sentences]
    columns = ["_"] * extra
    blocks = [
        "".join("\t".join([token, *columns, tag]) + end for token, tag in sentence) for sentence in sentences
    ]
    name = "f.conll.gz" if packed else "f.conll"
    assert read(tmp_path_factory.mktemp("conll"), name, end.join(blocks)) == sentences


@settings(deadline=None)
@given(sentences=SENTENCES, gap=st.integers(1, 3))
def test_columns_with_blanks_come_back_as_written(sentences, gap, tmp_path_factory):
    sentences = [ANNA, *([(token.replace(" ", "-"), tag) for token, tag in words] for words in sentences)]
    blank = " " * gap
    blocks = ["".join(f"{token}{blank}X{blank}{tag}{blank}\n" for token, tag in words) for words in sentences]
    assert read(tmp_path_factory.mktemp("conll"), "f.txt", "\n".join(blocks)) == sentences


def test_other_white_space_than_tabs_and_blanks_is_part_of_a_token(tmp_path):
    content = "a\u00a0b O\nc\u0085d O\ne\u2028f O\n\u00a0 O\n"
    expected = [[(token, "O") for token in ("a\u00a0b", "c\u0085d", "e\u2028f", "\u00a0")]]
    assert read(tmp_path, "f.conll", content) == expected
    assert read(tmp_path, "f.conll", content.replace(" ", "\t")) == expected


@pytest.mark.parametrize("name", ["f.conll", "f.txt", "f.tsv", "f.iob", "f.BIO", "f"])
def test_any_other_name_is_read_as_columns(tmp_path, name):
    assert read(tmp_path, name, "Anna\tB-PER\nsings\tO\n") == [ANNA]


def test_columns_are_chosen_by_number_from_either_side(tmp_path):
    path = write(tmp_path, "f.conll", "1 Anna NNP B-NP B-PER\n2 sings VBZ B-VP O\n")
    assert pairs(read_tagged(path, token_column="1")) == [ANNA]
    assert pairs(read_tagged(path, token_column=1, tag_column=-1)) == [ANNA]
    assert pairs(read_tagged(path, token_column="-4", tag_column="2")) == [
        [("Anna", "NNP"), ("sings", "VBZ")]
    ]


def test_blank_lines_and_lines_of_white_space_end_a_sentence_however_many(tmp_path):
    content = "\n \nAnna\tB-PER\nsings\tO\n\n\t\n \u00a0\nRiga\tB-LOC\n\n\n\n"
    path = write(tmp_path, "f.conll", content)
    assert list(read_tagged(path)) == [
        TaggedSentence(("Anna", "sings"), ("B-PER", "O"), 3, (3, 4)),
        TaggedSentence(("Riga",), ("B-LOC",), 8, (8,)),
    ]


def test_the_last_sentence_needs_no_newline(tmp_path):
    for content in ("Anna\tB-PER\nsings\tO", "Anna\tB-PER\r\nsings\tO\r", "Anna B-PER\nsings O"):
        assert read(tmp_path, "f.conll", content) == [ANNA]


def test_document_starts_are_left_out_and_end_a_sentence(tmp_path):
    content = "-DOCSTART-\n\nAnna NNP B-PER\n-DOCSTART- -X- -X- O\nsings VBZ O\n\n-DOCSTART- O\n"
    assert read(tmp_path, "f.conll", content) == [ANNA[:1], ANNA[1:]]


def test_blanks_around_a_token_and_a_tag_are_dropped(tmp_path):
    assert read(tmp_path, "f.tsv", " New York \t B-LOC\u00a0\n") == [[("New York", "B-LOC")]]


def test_the_file_keeps_to_the_separator_of_its_first_line(tmp_path):
    assert read(tmp_path, "f.tsv", "3 000\tO\nA B C\tO\n") == [[("3 000", "O"), ("A B C", "O")]]


def test_a_sentence_of_five_thousand_tokens_is_read(tmp_path):
    words = [(f"word{number}", "O" if number % 3 else "B-X") for number in range(5000)]
    content = "".join(f"{token}\t{tag}\n" for token, tag in words)
    assert read(tmp_path, "f.conll", content) == [words]


@pytest.mark.parametrize(
    "content",
    [
        "# sent_id = 7\nAnna\t_\tB-PER\nsings\t_\tO\n",  # as in CoNLL-U
        "# id 7f\tdomain=en\nAnna _ _ B-PER\nsings _ _ O\n",  # MultiCoNER: a tab among blanks
        "#\thttp://example.org [2009]\n1\tAnna\tB-PER\tO\n2\tsings\tO\tO\n",  # GermEval 2014
        "#begin document (a/b); part 000\nAnna X B-PER\nsings X O\n\n#end document\n",  # CoNLL-2012
        "\n# one two three\n#\n\n# one\nAnna\tB-PER\nsings\tO\n",
    ],
)
def test_a_line_of_another_width_before_a_sentence_is_a_comment(tmp_path, content):
    columns = {"token_column": 1, "tag_column": 2} if "1\tAnna" in content else {}
    assert read(tmp_path, "f.conll", content, **columns) == [ANNA]


@pytest.mark.parametrize("separator", ["\t", " "])
def test_number_signs_of_the_files_width_are_tokens(tmp_path, separator):
    words = [("#", "O"), ("#nlp", "B-X"), ("is", "O"), ("#", "O"), ("1", "O")]
    content = "".join(f"{token}{separator}{tag}\n" for token, tag in words)
    assert read(tmp_path, "f.conll", f"{content}\n{content}") == [words, words]


# ---------------------------------------------------------------- CoNLL-U

CONLLU = """# sent_id = 1
# text = Don't go to el
1-2\tDon't\t_\t_\t_\t_\t_\t_\t_\t_
1\tDo\tdo\tAUX\tVB\t_\t3\taux\t_\t_
2\tn't\tnot\tPART\tRB\t_\t3\tadvmod\t_\t_
3\tgo\tgo\tVERB\tVB\tMood=Imp\t0\troot\t_\t_
3.1\tgo\tgo\tVERB\tVB\t_\t_\t_\t0:root\t_

# sent_id = 2
1\t3 000\t3000\tNUM\tCD\tNumType=Card\t0\troot\t_\tSpaceAfter=No
"""


def test_words_of_conllu_come_with_their_parts_of_speech_by_default(tmp_path):
    assert list(read_tagged(write(tmp_path, "f.conllu", CONLLU))) == [
        TaggedSentence(("Do", "n't", "go"), ("AUX", "PART", "VERB"), 4, (4, 5, 6)),
        TaggedSentence(("3 000",), ("NUM",), 10, (10,)),
    ]


@pytest.mark.parametrize(
    ("token", "tag", "expected"),
    [
        ("FORM", "xpos", ("3 000", "CD")),
        ("lemma", "FEATS", ("3000", "NumType=Card")),
        (2, 4, ("3000", "CD")),
        ("-8", "-5", ("3000", "NumType=Card")),
        ("0", "MISC", ("3 000", "SpaceAfter=No")),
    ],
)
def test_columns_of_conllu_are_chosen_by_name_or_number(tmp_path, token, tag, expected):
    path = write(tmp_path, "f.conllu.gz", CONLLU)
    assert pairs(read_tagged(path, token_column=token, tag_column=tag))[-1] == [expected]


def test_conllu_plus_names_its_own_columns(tmp_path):
    content = "# global.columns = ID UPOS FORM PARSEME:MWE\n1\tX\tAnna\t1:VID\n2-3\t_\tb\t_\n2\tY\tb\t*\n"
    for name in ("f.conllu", "f.conllup"):
        assert read(tmp_path, name, content) == [[("Anna", "X"), ("b", "Y")]]
    found = read(tmp_path, "f.conllup", content, tag_column="parseme:mwe")
    assert found == [[("Anna", "1:VID"), ("b", "*")]]


def test_conllu_plus_may_do_without_numbers(tmp_path):
    content = "# global.columns = FORM UPOS\r\n1-2\tNUM\r\n"
    assert read(tmp_path, "f.conllup", content) == [[("1-2", "NUM")]]


# ---------------------------------------------------------------- jsonl


def test_spans_of_a_text_become_tags_of_its_words(tmp_path):
    text = "Élodie Durand isn't in New\u00a0York 👩‍👩‍👧!"
    spans = [
        {"start": 23, "end": 31, "label": "creative-work"},
        {"start": 0, "end": 13, "label": " PER "},
        {"start": 32, "end": 37, "label": "X"},
    ]
    content = json.dumps({"text": text, "spans": spans, "id": 3}) + "\n"
    expected = [
        ("Élodie", "B-PER"),
        ("Durand", "I-PER"),
        ("is", "O"),
        ("n't", "O"),
        ("in", "O"),
        ("New", "B-creative-work"),
        ("York", "I-creative-work"),
        ("👩‍👩‍👧", "B-X"),
        ("!", "O"),
    ]
    assert read(tmp_path, "f.jsonl", content) == [expected]


WORDS = ("Anna", "e\u0301té", "👩‍👩‍👧", "isn't", "U.S.", "3.5%", "\u0085", "\u00a0", "-", "東京", "...")


@settings(deadline=None)
@given(
    parts=st.lists(st.sampled_from(WORDS), max_size=12),
    between=st.sampled_from([" ", "", "  "]),
    data=st.data(),
    wide=st.booleans(),
)
def test_each_word_has_the_tag_of_the_span_that_holds_it(parts, between, data, wide, tmp_path_factory):
    text = between.join(parts)
    words = list(find_words(text))
    marks = data.draw(st.lists(st.sampled_from([None, "A", "B"]), min_size=len(words), max_size=len(words)))
    goes_on = data.draw(st.lists(st.booleans(), min_size=len(words), max_size=len(words)))
    spans, expected = [], []
    for place, (word, mark) in enumerate(zip(words, marks, strict=True)):
        joins = place > 0 and mark == marks[place - 1] and goes_on[place]
        expected.append("O" if mark is None else f"I-{mark}" if joins else f"B-{mark}")
        if mark is not None and joins:
            spans[-1]["end"] = word.end
        elif mark is not None:
            spans.append({"start": word.start, "end": word.end, "label": mark})
    if wide and between == "  ":  # a span may take in white space around its words
        for span in spans:
            span["end"] += text[span["end"] : span["end"] + 1] == " "
    record = {"text": text, "spans": data.draw(st.permutations(spans))}
    found = read(tmp_path_factory.mktemp("jsonl"), "f.jsonl", json.dumps(record))
    assert found == [list(zip([word.surface for word in words], expected, strict=True))]


def test_tokens_and_tags_of_a_record_are_read_as_they_are(tmp_path):
    content = (
        '\n{"tokens": ["a b", "\\u0085"], "tags": ["O", " B-X "], "spans": []}\n \n{"tokens": [], "tags": []}'
    )
    assert list(read_tagged(write(tmp_path, "f.jsonl.gz", content))) == [
        TaggedSentence(("a b", "\u0085"), ("O", "B-X"), 2, (2, 2)),
        TaggedSentence((), (), 4, ()),
    ]


def test_other_keys_of_tokens_and_tags_are_chosen_as_columns_are(tmp_path):
    content = '{"words": ["a"], "pos": ["X"], "tags": ["O"], "tokens": ["b"], "text": "c", "spans": []}\n'
    path = write(tmp_path, "f.jsonl", content)
    assert pairs(read_tagged(path, token_column="words", tag_column="pos")) == [[("a", "X")]]
    assert pairs(read_tagged(path, tag_column="pos")) == [[("b", "X")]]
    assert pairs(read_tagged(path)) == [[("c", "O")]]


@pytest.mark.parametrize("text", ["", " \u00a0\n"])
def test_a_text_without_words_is_a_sentence_without_tokens(tmp_path, text):
    path = write(tmp_path, "f.jsonl", json.dumps({"text": text, "spans": []}))
    assert list(read_tagged(path)) == [TaggedSentence((), (), 1, ())]


# ---------------------------------------------------------------- standard input


@pytest.mark.parametrize(
    "content",
    [
        "Anna\tB-PER\nsings\tO\n",
        "# a comment\n\nAnna B-PER\nsings O\n",
        '\n{"tokens": ["Anna", "sings"], "tags": ["B-PER", "O"]}\n',
        "# id\n1-2\tx"
        + "\t_" * 8
        + "\n1\tAnna\t_\tB-PER"
        + "\t_" * 6
        + "\n2\tsings\t_\tO"
        + "\t_" * 6
        + "\n",
    ],
)
def test_standard_input_is_known_by_its_first_line(monkeypatch, content):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content.encode())))
    assert pairs(read_tagged("-")) == [ANNA]


def test_a_brace_is_a_token_where_no_object_follows(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"{\tO\n}\tO\n")))
    assert pairs(read_tagged("-")) == [[("{", "O"), ("}", "O")]]


# ---------------------------------------------------------------- real files


@needs_shared_data
@pytest.mark.parametrize(
    ("name", "sentences", "tokens", "begins"),
    [
        ("conll2003/train.conll.gz", 14_041, 203_621, 23_499),
        ("wnut17/train.conll", 3394, 62_730, 1975),
        ("ud_english_ewt/en_ewt-ud-train.conllu.gz", 12_544, 204_577, 0),
    ],
)
def test_published_datasets_have_their_published_sizes(name, sentences, tokens, begins):
    tags: Counter[str] = Counter()
    found = 0
    for sentence in read_tagged(SHARED / name):
        found += 1
        tags.update(sentence.tags)
    assert (found, tags.total()) == (sentences, tokens)
    assert sum(count for tag, count in tags.items() if tag.startswith("B-")) == begins
