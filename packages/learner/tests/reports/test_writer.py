"""Reports: complete in both languages, safe whatever a person named their data, the same bytes every time."""

import copy
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from azuraforge_learner.reports import render_card, write_reports

SVG_TEXT = "{http://www.w3.org/2000/svg}text"
TITLE = {"tr": "Dalga", "en": "Wave"}


class Page(HTMLParser):
    """What a browser would find: elements, ids, text by language."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: dict[str, str] = {}
        self._language = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "article":
            self._language = dict(attrs)["lang"] or ""

    def handle_data(self, data: str) -> None:
        self.words[self._language] = self.words.get(self._language, "") + data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def folder(pristine: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    write_reports(pristine, folder=folder, title=TITLE)
    return folder


@pytest.fixture(scope="module")
def page(folder: Path) -> Page:
    return Page((folder / "report.html").read_text(encoding="utf-8"))


def test_the_page_has_no_script_and_needs_no_other_file(page: Page) -> None:
    assert page.all("script") == []
    assert page.all("link") == []
    assert page.all("img") == []
    for tag, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on")], tag
        for name in ("src", "href", "xlink:href"):
            assert (attributes.get(name) or "#").startswith("#"), (tag, attributes)


def test_a_hostile_name_stays_text(folder: Path, page: Page) -> None:
    assert "<script>alert('x')</script> | *`_" in page.words["en"]
    markdown = (folder / "report.md").read_text(encoding="utf-8")
    assert "<script>" not in markdown
    assert r"\<script\>alert('x')\</script\> \| \*\`\_" in markdown
    for line in markdown.splitlines():
        cells = re.split(r"(?<!\\)\|", line)
        assert len(cells) in {1, 7, 8}, line  # a name cannot add a cell to a table


def test_both_languages_say_the_same_things(page: Page) -> None:
    shapes = [re.sub(r"[^\n]+", "x", page.words[language]).strip() for language in ("tr", "en")]
    assert shapes[0] == shapes[1]
    assert "Model denk." in page.words["tr"]
    assert "The model equals it." in page.words["en"]
    assert "Saf yönteme denk" in page.words["tr"]
    assert "Saf" not in page.words["en"]
    assert "baseline" not in page.words["tr"].lower().replace("last_value", "")


def test_the_verdict_comes_before_every_table_and_figure(page: Page) -> None:
    tags = [tag for tag, _ in page.elements]
    verdict = next(i for i, (_, attributes) in enumerate(page.elements) if "verdict" in (attributes.get("class") or ""))
    assert verdict < tags.index("table") < tags.index("figure")


def test_numbers_follow_the_language(page: Page) -> None:
    assert "1.234" in page.words["tr"]
    assert "1,75" in page.words["tr"]
    assert "%11,1" in page.words["tr"]
    assert "1,234" in page.words["en"]
    assert "11.1 %" in page.words["en"]


def test_the_table_shows_the_model_beside_every_baseline(page: Page) -> None:
    for words in ("Last value", "Drift", "Model", "1.575", "1.925"):
        assert words in page.words["en"]


@pytest.mark.usefixtures("drawn_once")
def test_the_best_answer_is_in_bold_also_when_it_is_not_the_model(results: dict[str, Any], tmp_path: Path) -> None:
    lost = copy.deepcopy(results)
    lost["metrics"]["test"] |= {"mae": 9.25, "r2": -4.0}
    lost["baselines"][0]["metrics"] |= {"mae": 1.125, "r2": 0.96875}
    write_reports(lost, folder=tmp_path, title=TITLE)
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    markdown = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert '<td class="best">1.125</td>' in html
    assert '<td class="best">0.9688</td>' in html
    assert "<td>9.250</td>" in html
    assert "**1.125**" in markdown
    assert "**9.250**" not in markdown


def test_every_figure_has_a_text_alternative_and_its_own_ids(page: Page) -> None:
    figures = page.all("svg")
    assert len(figures) == 6
    assert all(attributes["role"] == "img" for attributes in figures)
    ids = [attributes["id"] for _, attributes in page.elements if attributes.get("id")]
    assert len(ids) == len(set(ids))
    for attributes in figures:
        assert set((attributes["aria-labelledby"] or "").split()) <= set(ids)
    referred = set(re.findall(r"url\(#([^)]+)\)", str(page.elements)))
    assert referred <= set(ids)


def test_figures_take_the_colours_of_the_page(folder: Path) -> None:
    html = (folder / "report.html").read_text(encoding="utf-8")
    assert "prefers-color-scheme: dark" in html
    assert "var(--predicted" in html
    for stand_in in ("#010101", "#020202", "#030303", "#040404", "#050505", "#060606"):
        assert stand_in not in html


@pytest.mark.parametrize("name", ["learning-curves", "predictions", "errors"])
def test_a_figure_stands_alone_as_accessible_svg(folder: Path, name: str) -> None:
    root = ET.parse(folder / f"{name}.svg").getroot()
    space = {"s": "http://www.w3.org/2000/svg"}
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.get("role") == "img"
    assert root.findtext("s:title", namespaces=space)
    assert root.findtext("s:desc", namespaces=space)
    texts = [element.text for element in root.iter(SVG_TEXT)]
    assert texts  # words stay words: searchable, readable aloud


def test_the_same_results_give_the_same_bytes(results: dict[str, Any], folder: Path, tmp_path: Path) -> None:
    for file in write_reports(results, folder=tmp_path, title=TITLE):
        assert file.path.read_bytes() == (folder / file.path.name).read_bytes()


def test_the_report_holds_what_makes_it_repeatable(page: Page) -> None:
    for fact in ("c" * 64, "d" * 64, "e" * 64, "python 3.11", "wave 1.2.3", "training.epochs", "Turned around."):
        assert fact in page.words["en"]


def test_the_markdown_shows_every_figure_that_lies_beside_it(folder: Path) -> None:
    markdown = (folder / "report.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"!\[[^\]]*\]\(([^)]+)\)", markdown))
    assert shown == {path.name for path in folder.glob("*.svg")}
    assert markdown.startswith("# Wave")
    assert "\n# Dalga" in markdown
    assert "\n\n\n" not in markdown


@pytest.mark.usefixtures("drawn_once")
@pytest.mark.parametrize("outcome", ["beats", "equals", "loses"])
def test_each_outcome_has_its_own_words(results: dict[str, Any], tmp_path: Path, outcome: str) -> None:
    results["verdict"]["outcome"] = outcome
    write_reports(results, folder=tmp_path, title=TITLE)
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    sections = [attributes["class"] for attributes in page.all("section")]
    assert sections == [f"verdict {outcome}"] * 2


def test_extreme_results_are_still_drawn(results: dict[str, Any], tmp_path: Path) -> None:
    extreme = copy.deepcopy(results)
    size = 5
    extreme["series"] = {
        "x": [f"2024-01-0{i}" for i in range(1, size + 1)],
        "actual": [7.0] * size,
        "predicted": [7.0, 1e12, -1e12, 7.0, 7.0],
        "baseline": [7.0] * size,
        "unit": "",
    }
    extreme["history"] = [{"epoch": 1, "metrics": {"loss": None, "validation_loss": 1e-9}}]
    extreme["verdict"] |= {"skill_low": None, "skill_high": None}
    extreme["verdict"]["score"] |= {"skill": None, "baseline_value": 0.0}
    extreme["units"] = {"mae": "", "rmse": ""}
    extreme["best_epoch"] = None
    files = write_reports(extreme, folder=tmp_path, title=TITLE)
    assert all(file.path.stat().st_size for file in files)


def test_a_hundred_thousand_rows_are_drawn_in_a_small_file(results: dict[str, Any], tmp_path: Path) -> None:
    size = 100_000
    results["series"] = {
        "x": [str(i) for i in range(size)],
        "actual": [float(i % 977) for i in range(size)],
        "predicted": [float(i % 983) for i in range(size)],
        "baseline": [float(i % 977) for i in range(size)],
        "unit": "",
    }
    write_reports(results, folder=tmp_path, title=TITLE)
    assert (tmp_path / "report.html").stat().st_size < 4_000_000


def test_the_card_says_what_the_model_is_and_how_good(results: dict[str, Any]) -> None:
    card = render_card(results, title=TITLE)
    assert card.startswith("# Wave")
    assert "The model equals it." in card
    assert "<script>" not in card
