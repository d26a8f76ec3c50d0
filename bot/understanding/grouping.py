"""Which messages ask the same, as far as their words and the topic they were taken for tell.

Each word is the sum of its groups of three letters, so that forms and slips of it are near it; words that many
messages have say nothing and are left out. Two messages are as near as the sums of their words.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from bot.understanding.normalising import spelling, words
from bot.understanding.redaction import without_marks
from bot.understanding.vocabulary import Vocabulary

#: From here on two messages ask the same: where they were taken for the same topic first, and where they were not.
#: Chosen on the development messages (docs/understanding.md).
_NEAR_ON_A_TOPIC, _NEAR = 0.3, 0.75
#: A word in a larger share of messages says nothing.
_SAYS_NOTHING = 0.01
_DIMENSIONS = 2048
_GROUP = 3


def alike(texts: Sequence[str], topics: Sequence[str], language: str, vocabulary: Vocabulary) -> NDArray[np.bool_]:
    """For each of the (redacted) messages of one language, to which of them it is alike; to itself it is.

    ``topics``: the topic that each was taken for first, "" if for none.
    """
    vectors = np.stack([_vector(text, language, vocabulary) for text in texts])
    known = np.array(topics)
    same_topic = (known[:, None] == known[None, :]) & (known != "")[:, None]
    found: NDArray[np.bool_] = vectors @ vectors.T >= np.where(same_topic, _NEAR_ON_A_TOPIC, _NEAR)
    np.fill_diagonal(found, True)
    return found


def joined(is_alike: NDArray[np.bool_], members: Sequence[int]) -> list[list[int]]:
    """These messages, those together that are alike, directly or by others of them; in the order of ``members``."""
    left = list(members)
    found = []
    while left:
        group: list[int] = []
        open_ones = [left.pop(0)]
        while open_ones:
            one = open_ones.pop()
            group.append(one)
            near = [other for other in left if is_alike[one, other]]
            left = [other for other in left if not is_alike[one, other]]
            open_ones += near
        found.append(sorted(group, key=members.index))
    return found


def _vector(text: str, language: str, vocabulary: Vocabulary) -> NDArray[np.float32]:
    """A message as a direction: its length is one, or none if it has no words."""
    vector = np.zeros(_DIMENSIONS, dtype=np.float32)
    shares = {word: vocabulary.share(word, language) for word in words(without_marks(text)).split()}
    telling = [word for word, share in shares.items() if share <= _SAYS_NOTHING]
    for word in telling or shares:
        padded = f"^{spelling(word, language)}$"
        groups = [padded[at : at + _GROUP] for at in range(len(padded) - _GROUP + 1)]
        weight = -log(shares[word]) / max(len(groups), 1) ** 0.5
        for group in groups:
            vector[crc32(group.encode()) % _DIMENSIONS] += weight
    length = np.linalg.norm(vector)
    return vector / length if length else vector
