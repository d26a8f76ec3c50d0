"""How understanding grows with the number of training messages a topic: is writing more worth it?"""

from __future__ import annotations

import click

from bench.sampling import development_messages, first_and_among_three, sample, training_rows
from bot.answers.topics import OUT_OF_SCOPE
from bot.understanding.topic_model import TopicModel

_STEPS = (6, 12, 24, 45, 1000)


@click.command()
def cli() -> None:
    """Accuracy on the development messages against training messages a topic and language."""
    rows = training_rows()
    examples = [example for example in development_messages() if example.topics[0] != OUT_OF_SCOPE]
    click.echo("| messages a topic and language | in all | topic first | among three |\n|---|---|---|---|")
    for each in _STEPS:
        part = sample(rows, each)
        model = TopicModel.train(
            [row.text for row in part], [row.language for row in part], [row.intent for row in part]
        )
        rankings = [model.rank(example.text, example.language).ranking[:3] for example in examples]
        topics = [[intent.split("/")[-1] for intent, _ in ranking] for ranking in rankings]
        first, three = first_and_among_three(examples, topics)
        name = "all" if each == _STEPS[-1] else str(each)
        click.echo(f"| {name} | {len(part)} | {first:.3f} | {three:.3f} |")


if __name__ == "__main__":
    cli(prog_name="learning-curve")
