"""The documents are under test: links lead somewhere, commands exist, lists are complete."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
MAKE = re.compile(r"^make ([a-z-]+)", re.MULTILINE)


def tracked(pattern: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", pattern], cwd=ROOT, check=True, capture_output=True, text=True)
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).exists()]


def broken_links(page: Path) -> list[str]:
    targets = [link.split("#")[0] for link in LINK.findall(page.read_text(encoding="utf-8"))]
    local = [target for target in targets if target and "://" not in target and not target.startswith("mailto:")]
    return [target for target in local if not (page.parent / target).exists()]


@pytest.mark.parametrize("page", tracked("*.md"), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file(page: Path) -> None:
    assert broken_links(page) == []


def test_a_broken_link_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("[here](page.md) [there](nowhere.md) [web](https://example.org)", encoding="utf-8")
    assert broken_links(page) == ["nowhere.md"]


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_every_make_command_that_a_page_names_is_a_target(name: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(MAKE.findall((ROOT / name).read_text(encoding="utf-8"))) <= targets


def test_every_decision_is_in_the_index() -> None:
    index = (ROOT / "docs/decisions/README.md").read_text(encoding="utf-8")
    assert [page.name for page in (ROOT / "docs/decisions").glob("0*.md") if f"({page.name})" not in index] == []


def test_every_dependency_has_its_line() -> None:
    lines = (ROOT / "docs/reference/dependencies.md").read_text(encoding="utf-8").lower()
    missing = []
    for member in tracked("*/pyproject.toml"):
        for requirement in tomllib.loads(member.read_text(encoding="utf-8"))["project"]["dependencies"]:
            name = re.split(r"[\[<>=;! ]", requirement, maxsplit=1)[0].lower()
            if not name.startswith("azuraforge") and name not in lines:
                missing.append(f"{member.parent.name}: {name}")
    assert missing == []
