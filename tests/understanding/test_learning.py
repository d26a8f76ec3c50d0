from __future__ import annotations

import pytest

from bot.understanding import learning
from bot.understanding.linear import Features

_WORDS = {"pay": "loon stawka salariu заплата wage", "rent": "huur czynsz chirie наем rent", "car": "auto kola cost"}
_ROWS = [(f"{one} {other}", topic) for topic, words in _WORDS.items() for one in words.split() for other in "abcdef"]


@pytest.mark.parametrize("topics", [2, 3])
def test_the_same_texts_teach_the_same_in_one_process_or_two(topics: int, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = list(_WORDS)[:topics]
    texts, labels = zip(*[((text,), topic) for text, topic in _ROWS if topic in chosen])

    def learned() -> dict[str, bytes]:
        features = [Features("word", (1, 2)), Features("char_wb", (2, 4))]
        classifier = learning.train(texts, labels, features, cost=0.5)
        return {name: array.tobytes() for name, array in classifier.arrays().items()}

    alone = learned()
    assert learned() == alone
    monkeypatch.setattr(learning, "_MANY", 1)
    assert learned() == alone
