"""A word's characters → a vector: by convolution or by an LSTM that reads them in both directions."""

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from headgate.layers.recurrent import RecurrentStack
from headgate.shapes import Float, Int
from headgate.tasks.character_encoders import CONVOLUTION_WIDTHS, check_character_encoder
from headgate.text.alphabet import PADDING_CHARACTER

INITIAL_DEVIATION = 0.3


class CharacterConvolution(nn.Module):
    """Filters of two widths slide over a word's characters; of each filter the highest answer counts.

    dos Santos & Zadrozny 2014, with half of the `features` from each width and a ReLU, so that a filter which
    finds nothing says zero. Weights are those of `torch.nn.Conv1d`, whose answers these are; but an alphabet
    is small, so what a filter makes of a character at a place is computed once for all words, and looked up.
    """

    def __init__(self, alphabet_size: int, dim: int, features: int) -> None:
        super().__init__()
        self.table = character_table(alphabet_size, dim)
        self.filters = nn.ModuleList(
            nn.Conv1d(dim, features // len(CONVOLUTION_WIDTHS), width, padding=width // 2)
            for width in CONVOLUTION_WIDTHS
        )

    def forward(self, characters: Int[Tensor, "words characters"]) -> Float[Tensor, "words features"]:
        """One vector a word; padding changes none."""
        alphabet = self.table(torch.arange(self.table.num_embeddings, device=characters.device))
        highest: list[Tensor] = []
        for convolution in self.filters:
            assert isinstance(convolution, nn.Conv1d) and convolution.bias is not None
            # What each filter says of each character at each place in its window.
            said = torch.einsum("fdp,cd->pcf", convolution.weight, alphabet)
            answers = cast("Tensor", _HighestAnswer.apply(said, characters))
            highest.append(functional.relu(answers + convolution.bias))
        return torch.cat(highest, dim=1)


class _HighestAnswer(torch.autograd.Function):
    """The highest, over a word's characters, of sums of what is said of the characters around each.

    Its gradient goes to the window with the highest sum alone, so the others are not gone through again.
    """

    @staticmethod
    def forward(ctx: Any, said: Tensor, characters: Tensor) -> Tensor:
        width, alphabet, filters = said.shape
        around = functional.pad(characters, (width // 2, width // 2), value=PADDING_CHARACTER)
        places = torch.arange(width, device=characters.device) * alphabet
        windows = around.unfold(1, width, 1) + places  # words characters places
        sums = functional.embedding_bag(windows.flatten(0, 1), said.flatten(0, 1), mode="sum")
        padding = (characters == PADDING_CHARACTER).unsqueeze(2).to(said.dtype)
        lowest = torch.finfo(said.dtype).min
        highest, where = (sums.view(*characters.shape, filters) + padding * lowest).max(1)
        ctx.save_for_backward(windows, where)
        ctx.shape = said.shape
        return highest

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        windows, where = ctx.saved_tensors
        width, _, filters = ctx.shape
        rows = windows.gather(1, where.unsqueeze(2).expand(-1, -1, width))  # words filters places
        entries = rows * filters + torch.arange(filters, device=rows.device).unsqueeze(1)
        shares = gradients[0].unsqueeze(2).expand(-1, -1, width)
        said = gradients[0].new_zeros(ctx.shape.numel())
        return said.scatter_add_(0, entries.flatten(), shares.flatten()).view(ctx.shape), None


class CharacterLSTM(nn.Module):
    """An LSTM reads a word's characters forward, another backward; their last states side by side.

    Lample et al. 2016, section 4.1.
    """

    def __init__(self, alphabet_size: int, dim: int, features: int) -> None:
        super().__init__()
        self.table = character_table(alphabet_size, dim)
        self.recurrent = RecurrentStack("lstm", dim, features // 2)

    def forward(self, characters: Int[Tensor, "words characters"]) -> Float[Tensor, "words features"]:
        """One vector a word; padding changes none."""
        _, last = self.recurrent(self.table(characters), characters != PADDING_CHARACTER)
        return last


def character_encoder(
    name: str, alphabet_size: int, dim: int, features: int
) -> CharacterConvolution | CharacterLSTM:
    """The encoder of this name, "convolution" or "lstm"; ConfigError for another."""
    check_character_encoder(name, features)
    kinds = {"convolution": CharacterConvolution, "lstm": CharacterLSTM}
    return kinds[name](alphabet_size, dim, features)


def character_table(alphabet_size: int, dim: int) -> nn.Embedding:
    """A vector for each character; padding's is zero."""
    table = nn.Embedding(alphabet_size, dim, padding_idx=PADDING_CHARACTER)
    nn.init.normal_(table.weight, std=INITIAL_DEVIATION)
    with torch.no_grad():
        table.weight[PADDING_CHARACTER].zero_()
    return table
