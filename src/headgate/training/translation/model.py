"""A finished translator."""

from dataclasses import dataclass, replace

from headgate.modelfile import Golden
from headgate.runtime import TextTranslator
from headgate.training.draft import ModelDraft


@dataclass(frozen=True)
class TranslatorDraft(ModelDraft):
    """A translator on its way to a model folder."""

    def translator(self) -> TextTranslator:
        """The model as it stands, ready to run."""
        return TextTranslator(self.folder())

    def with_golden_answers(self) -> "TranslatorDraft":
        """The model with answers that loading will check."""
        translator = self.translator()
        pairs = [Golden(text, translator.golden_scores(text)) for text in self.golden_texts]
        return replace(self, golden=tuple(pairs))
