"""What measures are called where people read them, in the order in which they are shown."""

MEASURES = {
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "accuracy": "accuracy",
    "macro_f1": "macro F1",
    "expected_calibration_error": "calibration error",
    "bleu": "BLEU",
    "chrf": "chrF",
    "exact_match": "exact match",
    "token_error_rate": "token error rate",
    "character_error_rate": "character error rate",
    "perplexity": "perplexity",
    "bits_per_character": "bits per character",
    "nats_per_unit": "nats per unit",
    "word_perplexity": "perplexity by the word",
}
"""Each measure's name in `metrics.json`, and in tables."""
