import re
from typing import Any

import pytest

from tests.project import PROJECT

DOCUMENTS = [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_relative_link_leads_somewhere(document):
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", document.read_text())
    assert not [link for link in links if not (document.parent / link).exists()]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_nothing_is_left_to_fill_in(document):
    assert not re.findall(r"\b(?:TODO|FIXME|RESULTS|BENCHMARK|DEMO_MINUTES|RESNETBEST)\b", document.read_text())


def test_the_commands_of_the_readme_exist():
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z-]+)", (PROJECT / "README.md").read_text()))
    assert {"demo", "test"} <= named <= targets


def test_the_python_of_the_evaluations_page_runs():
    (code,) = re.findall(r"```python\n(.*?)```", (PROJECT / "docs" / "evaluation.md").read_text(), re.DOTALL)
    found: dict[str, Any] = {}
    exec(code, found)
    assert found["low"] < found["errors"].mean() < found["high"]
    assert found["test"].p < 0.05
