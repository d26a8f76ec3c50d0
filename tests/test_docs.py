from __future__ import annotations

import ast
import re

from bot.gateway.retention import retention
from bot.settings import SETTINGS, read_settings
from tests.conftest import ROOT

#: Package -> what it may import of ours.
ALLOWED = {
    "bot/answers": {"bot.answers", "bot.languages", "bot.hours"},
    "bot/understanding": {"bot.understanding", "bot.languages", "bot.hours"},
    "bot/dialogue": {"bot.dialogue", "bot.answers", "bot.understanding", "bot.languages", "bot.hours", "bot.settings"},
    "bot/gateway": {"bot.gateway", "bot.answers", "bot.understanding", "bot.languages", "bot.hours", "bot.settings"},
    "bot/channels": {"bot.channels", "bot.gateway", "bot.answers", "bot.languages", "bot.hours", "bot.settings"},
    "bot/editing": {
        "bot.editing",
        "bot.answers",
        "bot.understanding",
        "bot.languages",
        "bot.hours",
        "bot.settings",
        "bot.supervisor",
        "bot.training",
        "bot.translations",
    },
    "bot/desk": {
        "bot.desk",
        "bot.editing",
        "bot.gateway",
        "bot.answers",
        "bot.languages",
        "bot.hours",
        "bot.settings",
        "bot.training",
        "bot.translations",
    },
    "actions": {"actions", "bot.answers", "bot.languages", "bot.hours", "bot.settings"},
}


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs/settings.md").read_text()
    for setting in SETTINGS:
        default = f"`{setting.default}`" if setting.default else ""
        assert f"| `{setting.name}` | {default} | {setting.help} |" in text


def test_everything_that_is_kept_is_documented() -> None:
    text = (ROOT / "docs/privacy.md").read_text()
    for kept in retention(read_settings({})):
        assert f"| `{kept}` |" in text


def test_every_link_in_the_documents_leads_somewhere() -> None:
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text()):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_every_command_in_the_readme_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for command in re.findall(r"(?:^|`)make ([a-z-]+)", (ROOT / "README.md").read_text(), re.MULTILINE):
        assert re.search(rf"^{command}:", makefile, re.MULTILINE), command


def test_dependencies_point_one_way() -> None:
    for folder, allowed in ALLOWED.items():
        for path in (ROOT / folder).glob("**/*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                names = [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
                names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                for name in names:
                    if name.split(".")[0] in ("bot", "actions"):
                        assert any(name == own or name.startswith(own + ".") for own in allowed), f"{path}: {name}"
