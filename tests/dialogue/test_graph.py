"""Rasa's graph runs without dask as it runs with it."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from rasa.engine.graph import ExecutionContext, GraphComponent, GraphSchema, SchemaNode
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.storage.local_model_storage import LocalModelStorage

from bot.dialogue.graph import StraightGraphRunner


class Step(GraphComponent):  # type: ignore[misc] # rasa has no types
    """Writes down that it ran, and appends its name to what it gets."""

    ran: ClassVar[list[str]] = []

    def __init__(self, name: str) -> None:
        self._name = name

    @classmethod
    def create(cls, config: dict[str, Any], execution_context: ExecutionContext, **kwargs: Any) -> Step:
        return cls(execution_context.node_name)

    def run(self, first: str, second: str = "") -> str:
        self.ran.append(self._name)
        return f"({first}{second}{self._name})"


def _node(*needs: str) -> SchemaNode:
    return SchemaNode(dict(zip(("first", "second"), needs)), Step, "create", "run", {}, eager=True)


#: Two ways from a to d; e goes on from there, and f is needed by nobody.
_SCHEMA = GraphSchema(
    {"e": _node("d"), "d": _node("b", "c"), "b": _node("a"), "c": _node("a"), "a": _node("input"), "f": _node("e")}
)


@pytest.fixture
def dask(tmp_path: Any) -> DaskGraphRunner:
    storage = LocalModelStorage.create(tmp_path)
    return DaskGraphRunner.create(_SCHEMA, storage, ExecutionContext(_SCHEMA))


@pytest.mark.parametrize("targets", [["e"], ["d"], ["b", "c"], ["a"]])
def test_it_gives_what_dask_gives(dask: DaskGraphRunner, targets: list[str]) -> None:
    straight = StraightGraphRunner.of(dask)
    assert straight.run({"input": "x"}, targets) == dask.run({"input": "x"}, targets)


def test_each_component_that_is_needed_runs_once_after_those_it_needs(dask: DaskGraphRunner) -> None:
    Step.ran.clear()
    assert StraightGraphRunner.of(dask).run({"input": "x"}, ["e"]) == {"e": "((((xa)b)((xa)c)d)e)"}
    assert Step.ran in (["a", "b", "c", "d", "e"], ["a", "c", "b", "d", "e"])


def test_a_run_remembers_nothing_of_the_one_before(dask: DaskGraphRunner) -> None:
    straight = StraightGraphRunner.of(dask)
    assert [straight.run({"input": text}, ["a"]) for text in "xy"] == [{"a": "(xa)"}, {"a": "(ya)"}]
