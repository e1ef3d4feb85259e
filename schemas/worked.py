"""Worked examples: the same tasks in every tool, each file kept once, shown by pages and run by tests.

In:   worked/*
Out:  Worked: tools with their files in parts; the same about another site's things; docs/examples.md
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from schemas.definitions import ModelFaults

FOLDER = Path(__file__).parent / "worked"
_DECLARED = "worked.yaml"
_PART = re.compile(r"(?m)^(?:#|//|') ## ([a-z-]+)\n")


@dataclass(frozen=True, slots=True)
class Task:
    name: str
    title: str
    words: str


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool and its file.

    beginning   what stands before the first part
    parts       by the name of a task, the lines that do it; empty for a file that is one question
    """

    file: str
    title: str
    language: str
    words: str
    text: str
    beginning: str
    parts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Worked:
    """All examples. `stand_in` is what their texts name, which another site has other things for."""

    tasks: Mapping[str, Task]
    tools: Sequence[Tool]
    stand_in: Mapping[str, str]

    def about(self, known: Mapping[str, str]) -> Worked:
        """Give the same examples about other things: `known` by the names of `stand_in`."""
        swap = {self.stand_in[name]: text for name, text in known.items()}
        if not swap:
            return self
        pattern = re.compile("|".join(map(re.escape, sorted(swap, key=len, reverse=True))))

        def say(text: str) -> str:
            return pattern.sub(lambda found: swap[found[0]], text)

        tools = [
            replace(
                tool,
                text=say(tool.text),
                beginning=say(tool.beginning),
                parts={name: say(part) for name, part in tool.parts.items()},
            )
            for tool in self.tools
        ]
        return replace(self, tools=tools, stand_in={**self.stand_in, **known})


@cache
def load_worked() -> Worked:
    """Load the examples. Raises ModelFaults for a part that is no task, or a file that nothing declares."""
    told = yaml.safe_load((FOLDER / _DECLARED).read_text(encoding="utf-8"))
    tasks = {name: Task(name, **one) for name, one in told["tasks"].items()}
    tools = [_read(file, one) for file, one in told["tools"].items()]
    faults = [
        f"worked/{tool.file}: '{name}' is no task."
        for tool in tools
        for name in tool.parts.keys() - tasks.keys()
    ]
    declared = {_DECLARED, *(tool.file for tool in tools)}
    faults += [
        f"worked/{path.name}: nothing declares it."
        for path in sorted(FOLDER.iterdir())
        if path.is_file() and path.name not in declared
    ]
    if faults:
        raise ModelFaults(faults)
    return Worked(tasks, tools, told["stand_in"])


def _read(file: str, told: Mapping[str, Any]) -> Tool:
    text = (FOLDER / file).read_text(encoding="utf-8")
    beginning, *rest = _PART.split(text)
    parts = {name: part.strip() for name, part in zip(rest[::2], rest[1::2], strict=True)}
    return Tool(file=file, text=text, beginning=beginning.strip(), parts=parts, **told)


def make_examples_page(worked: Worked) -> str:
    """Write docs/examples.md."""
    lines = [
        "# Worked examples",
        "",
        "Made from `schemas/worked/`. Every site has the same at `/api/examples`, about its own areas and indicators.",
        f"Put the address of your site in the place of `{worked.stand_in['base']}`.",
        "",
    ]
    for task in worked.tasks.values():
        lines.append(f"- **{task.title}** {task.words}")
    for tool in worked.tools:
        lines += ["", f"## {tool.title}", "", tool.words]
        if tool.beginning:
            lines += ["", f"```{tool.language}", tool.beginning, "```"]
        for name, part in tool.parts.items():
            lines += ["", f"### {worked.tasks[name].title}", "", f"```{tool.language}", part, "```"]
    return "\n".join(lines) + "\n"
