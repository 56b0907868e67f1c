"""A trained network → a finished language model."""

from dataclasses import dataclass, replace

from headgate.modelfile import Golden
from headgate.runtime import TextGenerator
from headgate.training.draft import ModelDraft


@dataclass(frozen=True)
class LanguageModelDraft(ModelDraft):
    """A language model on its way to a model folder."""

    def generator(self) -> TextGenerator:
        """The model as it stands, ready to run."""
        return TextGenerator(self.folder())

    def with_golden_answers(self) -> "LanguageModelDraft":
        """The model with answers that loading will check."""
        generator = self.generator()
        pairs = [Golden(text, generator.probabilities(text)) for text in self.golden_texts]
        return replace(self, golden=tuple(pairs))
