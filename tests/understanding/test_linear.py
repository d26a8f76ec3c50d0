from __future__ import annotations

import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.understanding.linear import Features

_TEXTS = ("a bc  def ghijk", "ja", "x", "", "  kak da poluchq zaplatata si?", "ile wynosi stawka", "не ми плащат")


@pytest.mark.parametrize(
    "features", [Features("char_wb", (1, 4)), Features("char_wb", (2, 5)), Features("word", (1, 2))]
)
def test_ngrams_are_those_of_scikit_learn(features: Features) -> None:
    vectorizer = TfidfVectorizer(
        analyzer=features.analyzer, ngram_range=features.lengths, token_pattern=r"\S+", lowercase=False
    )
    analyze = vectorizer.build_analyzer()
    for text in _TEXTS:
        assert sorted(features.ngrams(text)) == sorted(analyze(text))
