"""How understanding grows with the number of training messages a topic: is writing more worth it?"""

from __future__ import annotations

from pathlib import Path

import click

from bench.sampling import sample, training_rows
from bot.evaluation import read_messages
from bot.languages import LANGUAGES
from bot.understanding.topic_model import TopicModel

_STEPS = (6, 12, 24, 45, 1000)


@click.command()
def cli() -> None:
    """Accuracy on the development messages against training messages a topic and language."""
    rows = training_rows()
    examples = [
        example
        for language in LANGUAGES
        for example in read_messages(Path("tests/development") / f"{language}.messages.jsonl")
        if example.topics[0] != "out_of_scope"
    ]
    click.echo("| messages a topic and language | in all | topic first | among three |\n|---|---|---|---|")
    for each in _STEPS:
        part = sample(rows, each)
        model = TopicModel.train(
            [row.text for row in part], [row.language for row in part], [row.intent for row in part]
        )
        rankings = [model.rank(example.text, example.language).ranking[:3] for example in examples]
        topics = [[intent.split("/")[-1] for intent, _ in ranking] for ranking in rankings]
        first = sum(found[0] in example.topics for found, example in zip(topics, examples)) / len(examples)
        three = sum(any(topic in example.topics for topic in found) for found, example in zip(topics, examples)) / len(
            examples
        )
        name = "all" if each == _STEPS[-1] else str(each)
        click.echo(f"| {name} | {len(part)} | {first:.3f} | {three:.3f} |")


if __name__ == "__main__":
    cli(prog_name="learning-curve")
