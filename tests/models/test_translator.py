import pytest
import torch
from torch.nn.utils.rnn import pack_padded_sequence

from headgate.cells import CELLS
from headgate.errors import ConfigError
from headgate.layers import Attention
from headgate.models import Decoder, Encoder, Translator

SOURCES = torch.tensor([[3, 4, 5, 6, 2], [7, 2, 0, 0, 0], [8, 9, 2, 0, 0]])
LENGTHS = torch.tensor([5, 2, 3])
TARGETS = torch.tensor([[2, 5, 7, 4], [2, 3, 6, 8], [2, 4, 4, 9]])
VOCAB = 10
TEXTBOOK_CELLS = [name for name, cell in CELLS.items() if cell.window == 1]


def seeded(kind, *sizes, **options):
    """A module in float64 and evaluation mode, with weights and biases far from zero."""
    torch.manual_seed(0)
    module = kind(*sizes, **options).double().eval()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.normal_(std=0.4)
    return module


def translator(**options) -> Translator:
    return seeded(Translator, VOCAB, VOCAB, 4, 6, **options)


def assert_close(found, expected, tolerance=1e-12):
    torch.testing.assert_close(found, expected, rtol=0, atol=tolerance)


# ---------------------------------------------------------------- the textbook's signatures


@pytest.mark.parametrize("cell", TEXTBOOK_CELLS)
@pytest.mark.parametrize("layers", [1, 2])
def test_encoder_and_decoder_fit_together_as_in_the_textbook(cell, layers):
    encoder = seeded(Encoder, VOCAB, 4, 6, cell=cell, layers=layers)
    decoder = seeded(Decoder, 12, 4, 6, cell=cell, layers=layers)
    hidden, memory_cell = encoder(SOURCES)
    assert hidden.shape == (layers, 3, 6)
    assert (memory_cell is None) == (cell != "lstm")
    output, after, cell_after = decoder(TARGETS, hidden, memory_cell)
    assert (output.shape, after.shape) == ((3, 4, 12), (layers, 3, 6))
    assert (cell_after is None) == (memory_cell is None)
    for step, unit in enumerate(TARGETS.unbind(1)):  # one step at a time comes to the same
        of_step, hidden, memory_cell = decoder(unit, hidden, memory_cell)
        assert_close(of_step, output[:, step])
    assert_close(hidden, after)
    if memory_cell is not None:
        assert_close(memory_cell, cell_after)


def test_encoder_and_decoder_without_options_are_lstms_of_one_layer():
    encoder, decoder = Encoder(10, 4, 6), Decoder(12, 4, 6)
    hidden, cell = encoder(SOURCES)
    assert hidden.shape == cell.shape == (1, 3, 6)
    output, hidden, cell = decoder(TARGETS[:, 0], hidden, cell)
    assert output.shape == (3, 12)
    assert hidden.shape == cell.shape == (1, 3, 6)
    assert not list(encoder.bridge[0].parameters())


@pytest.mark.parametrize(("cell", "oracle"), [("lstm", "LSTM"), ("gru", "GRU"), ("rnn", "RNN")])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_an_encoder_ends_as_the_layer_of_torch_does(cell, oracle, layers, bidirectional):
    encoder = seeded(Encoder, VOCAB, 4, 6, cell=cell, layers=layers, bidirectional=bidirectional)
    size = 3 if bidirectional else 6
    layer = getattr(torch.nn, oracle)(
        4, size, num_layers=layers, bidirectional=bidirectional, batch_first=True, dtype=torch.float64
    )
    layer.load_state_dict(encoder.recurrent.state_dict())
    found, vectors = encoder(SOURCES), encoder.embedding(SOURCES)
    _, last = layer(pack_padded_sequence(vectors, LENGTHS, batch_first=True, enforce_sorted=False))
    for name, part, ends in zip(
        ("hidden", "cell"), found, last if cell == "lstm" else (last, None), strict=True
    ):
        if ends is None:
            assert part is None
            continue
        ends = ends.view(layers, -1, 3, size).transpose(1, 2).flatten(2)  # directions side by side
        if bidirectional:
            maps = [bridge[name] for bridge in encoder.bridge]
            ends = torch.stack([bridge(end) for bridge, end in zip(maps, ends, strict=True)])
            ends = ends.tanh() if name == "hidden" else ends
        assert_close(part, ends)
    if not bidirectional:  # unpadded, there is nothing to pack
        hidden = encoder(SOURCES[:1])[0]
        assert_close(hidden, layer(encoder.embedding(SOURCES[:1]))[1][0 if cell == "lstm" else slice(None)])


@pytest.mark.parametrize("feeding", [False, True])
@pytest.mark.parametrize("kind", ["dot", "general", "additive"])
@torch.no_grad()
def test_a_translator_scores_as_cells_of_torch_put_together_by_hand(kind, feeding):
    model = translator(attention=kind, input_feeding=feeding, layers=2, bidirectional=False)
    expected = [scores_slowly(model, kind, source, target) for source, target in by_hand()]
    found = model(SOURCES, TARGETS)
    for row, of_row in enumerate(expected):
        assert_close(found[row], of_row)


def by_hand():
    return [
        (source[:length], target)
        for source, length, target in zip(SOURCES, LENGTHS.tolist(), TARGETS, strict=True)
    ]


def scores_slowly(model, kind, source, target) -> torch.Tensor:
    """One pair, with `torch.nn.LSTM`, `torch.nn.LSTMCell` and a loop over steps and positions."""
    encoder, decoder = model.encoder, model.decoder
    reader = torch.nn.LSTM(4, 6, num_layers=2, dtype=torch.float64)
    reader.load_state_dict(encoder.recurrent.state_dict())
    outputs, (hidden, cell) = reader(encoder.embedding(source[None])[0])
    inputs = (10 if model.decoder.input_feeding else 4, 12)
    cells = [torch.nn.LSTMCell(size, 6, dtype=torch.float64) for size in inputs]
    for place, layer in enumerate(cells):
        own = {name: decoder.recurrent.state_dict()[f"{name}_l{place}"] for name in layer.state_dict()}
        layer.load_state_dict(own)

    def context_of(query):
        powers = torch.stack([match_slowly(decoder.attention, kind, query, m).exp() for m in outputs])
        return sum(power / powers.sum() * m for power, m in zip(powers, outputs, strict=True))

    def read_out(hidden, context):
        readout = decoder.attention.readout
        return torch.tanh(readout.weight @ torch.cat((hidden, context)) + readout.bias)

    states = [(hidden[layer], cell[layer]) for layer in (0, 1)]
    fed, scores = read_out(states[1][0], context_of(states[0][0])), []
    for vector in decoder.embedding(target[None])[0]:
        below = torch.cat((vector, fed)) if decoder.input_feeding else vector
        states[0] = cells[0](below, states[0])
        context = context_of(states[0][0])
        states[1] = cells[1](torch.cat((states[0][0], context)), states[1])
        fed = read_out(states[1][0], context)
        scores.append(decoder.output.weight @ fed + decoder.output.bias)
    return torch.stack(scores)


def match_slowly(attention, kind, query, output) -> torch.Tensor:
    if kind == "dot":
        return query @ output
    if kind == "general":
        return query @ (attention.key_weight @ output)
    asked = attention.query_weight @ query + attention.key_weight @ output + attention.key_bias
    return attention.score_weight @ torch.tanh(asked)


# ---------------------------------------------------------------- options and parameters


def test_tied_and_shared_vectors_are_listed_once_and_learn_from_all_that_they_stand_for():
    model = translator(tied=True, shared=True, attention="dot")
    names = [name for name, _ in model.named_parameters()]
    assert [name for name in names if "recurrent" not in name and "bridge" not in name] == [
        "encoder.embedding.words.weight",
        "decoder.attention.readout.weight",
        "decoder.attention.readout.bias",
        "decoder.output.bias",
        "decoder.output.projection.weight",
    ]
    assert set(model.state_dict()) == set(names)
    model(SOURCES, TARGETS).pow(2).sum().backward()
    assert torch.all(model.encoder.embedding.words.weight.grad[1:] != 0)  # 1 is read nowhere, but scored
    again = translator(tied=True, shared=True, attention="dot")
    again.load_state_dict(model.state_dict())
    assert torch.equal(again(SOURCES, TARGETS), model(SOURCES, TARGETS))


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("dot", []),
        ("general", ["key_weight"]),
        ("additive", ["key_weight", "query_weight", "key_bias", "score_weight"]),
    ],
)
def test_attention_has_the_parameters_of_its_kind_and_all_of_them_learn(kind, names):
    attention = Attention(kind, 6)
    own = [name for name, _ in attention.named_parameters(recurse=False)]
    assert own == names
    model = translator(attention=kind, bidirectional=True, layers=2, input_feeding=True)
    model(SOURCES, TARGETS).pow(2).sum().backward()
    for name, parameter in model.named_parameters():
        assert torch.any(parameter.grad != 0), name


@pytest.mark.parametrize("attention", ["none", "additive"])
@pytest.mark.parametrize("feeding", [False, True])
def test_dropout_is_for_training_alone(attention, feeding):
    if feeding and attention == "none":
        return
    options = {"attention": attention, "input_feeding": feeding, "layers": 2}
    plain = translator(**options)(SOURCES, TARGETS)
    for dropped in ({"dropout": 0.5}, {"weight_dropout": 0.5}):
        model = translator(**options, **dropped)
        assert torch.equal(model(SOURCES, TARGETS), plain)
        model.train()
        assert not torch.allclose(model(SOURCES, TARGETS), plain)


@pytest.mark.parametrize("feeding", [False, True])
@torch.no_grad()
def test_features_are_dropped_between_the_layers_of_a_decoder(feeding):
    model = translator(attention="dot", input_feeding=feeding, layers=2, dropout=0.5)
    plain = model(SOURCES, TARGETS)
    model.decoder.recurrent.between.train()
    assert not torch.allclose(model(SOURCES, TARGETS), plain)


@torch.no_grad()
def test_without_attention_the_state_is_all_that_is_known_of_a_source():
    model = translator()
    states, memory = model.encode(SOURCES)
    assert memory is None
    swapped = [type(state)(*(part[[1, 0, 2]] for part in vars(state).values())) for state in states]
    readouts, _ = model.decoder.read(TARGETS[[1, 0, 2]], swapped)
    assert_close(model.decoder.output(readouts), model(SOURCES, TARGETS)[[1, 0, 2]])


@torch.no_grad()
def test_a_decoder_may_be_given_vectors_to_read_by():
    encoder = seeded(Encoder, VOCAB, 4, 6)
    decoder = seeded(Decoder, VOCAB, 4, 6, embedding=encoder.embedding)
    assert not [name for name in decoder.state_dict() if name.startswith("embedding")]
    plain = seeded(Decoder, VOCAB, 4, 6)
    plain.load_state_dict(decoder.state_dict() | {"embedding.words.weight": encoder.embedding.words.weight})
    assert_close(decoder(TARGETS, *encoder(SOURCES))[0], plain(TARGETS, *encoder(SOURCES))[0])


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"attention": "luong"}, "attention must be one of none, dot, general, additive; got 'luong'"),
        (
            {"input_feeding": True},
            "input_feeding needs attention: what it feeds is the context (choose general)",
        ),
        (
            {"hidden_dim": 5},
            "hidden_dim must be even for a bidirectional encoder, which halves it; got 5",
        ),
        (
            {"shared": True, "target_vocab_size": 12},
            "shared vectors need ids in common: source and target must have as many; got 10 and 12",
        ),
        ({"dropout": 1.0}, "dropout must be at least 0 and below 1; got 1.0"),
        ({"layers": 0}, "layers must be at least 1; got 0"),
    ],
    ids=str,
)
def test_a_translator_that_there_cannot_be_is_refused(options, said):
    sizes = {
        "source_vocab_size": VOCAB,
        "target_vocab_size": VOCAB,
        "embedding_dim": 4,
        "hidden_dim": 6,
    }
    with pytest.raises(ConfigError) as caught:
        Translator(**(sizes | options))
    assert str(caught.value) == said


@torch.no_grad()
def test_a_decoder_needs_a_memory_just_where_it_attends():
    attending, plain = translator(attention="dot"), translator()
    states, memory = attending.encode(SOURCES)
    with pytest.raises(ConfigError, match="a decoder with attention needs a memory to look back at"):
        attending.decoder.read(TARGETS, states)
    with pytest.raises(ConfigError, match="a decoder without attention takes no memory"):
        plain.decoder.read(TARGETS, states, memory)


@torch.no_grad()
def test_a_state_that_is_not_the_cells_is_refused():
    hidden, cell = torch.zeros(2, 1, 3, 6)
    with pytest.raises(ConfigError, match="the cell gru has no cell state: cell must be None"):
        Decoder(VOCAB, 4, 6, cell="gru")(TARGETS, hidden, cell)
    with pytest.raises(ConfigError, match="the cell lstm has a cell state, which is missing"):
        Decoder(VOCAB, 4, 6)(TARGETS, hidden)
    with pytest.raises(ConfigError, match="the cell qrnn also keeps the unit before: use `read`"):
        Decoder(VOCAB, 4, 6, cell="qrnn")(TARGETS, hidden, cell)
