"""The report as a browser takes it: read by the standard library's parser."""

from base64 import b64decode
from html.parser import HTMLParser
from io import BytesIO
from itertools import pairwise

import pandas as pd
import pytest
from matplotlib.figure import Figure

from facial_keypoints.report import LONG_TABLE, Section, evaluation_report

VOID = {"meta", "img", "br", "hr", "link", "input"}
DASH = "\N{EN DASH}"
MADE = "2026-11-24, version 0.1.0"


class Page(HTMLParser):
    """The elements of a page in order, with their attributes and texts; one left open or closed by another fails."""

    def __init__(self, html: str):
        super().__init__()
        self.open: list[int] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.texts.append("")
        assert len(dict(attrs)) == len(attrs)
        if tag not in VOID:
            self.open.append(len(self.elements) - 1)

    def handle_endtag(self, tag):
        assert self.elements[self.open.pop()][0] == tag

    def handle_data(self, data):
        for place in self.open:
            self.texts[place] += data

    def all(self, tag: str) -> list[str]:
        return [
            " ".join(text.split()) for (name, _), text in zip(self.elements, self.texts, strict=True) if name == tag
        ]

    def attributes(self, name: str, tag: str | None = None) -> list[str]:
        return [found[name] or "" for kind, found in self.elements if name in found and tag in (None, kind)]

    def with_class(self, tag: str, css_class: str) -> list[str]:
        found = zip(self.elements, self.texts, strict=True)
        return [text for (name, own), text in found if name == tag and css_class in (own.get("class") or "").split()]


def png() -> bytes:
    file = BytesIO()
    Figure(figsize=(1, 1)).savefig(file, format="png")
    return file.getvalue()


def board(*rows: tuple[str, str, float]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["variant", "subset", "nme"])
    return table.assign(nme_low=table["nme"] - 0.25, nme_high=table["nme"] + 0.25, faces=165)


BOARD = board(("fine", "full", 3.25), ("poor", "full", 16.5), ("fine", "common", 4.25), ("poor", "common", 3.5))


def section(**changes) -> Section:
    about = {"title": "68 points", "protocol": {"norm": "outer eye corners", "faces": 165}, "leaderboard": BOARD}
    return Section(**about | changes)


def full_section() -> Section:
    return section(
        tables={"Facial parts": BOARD, "Conditions": BOARD},
        figures=[("Cumulative errors", png()), ("Errors by turn", png())],
        notes=["Test faces chose nothing."],
    )


def page(*sections: Section) -> Page:
    return Page(evaluation_report(sections, made=MADE))


def test_the_page_is_well_formed_with_one_main_heading_and_no_level_left_out():
    report = page(full_section(), section(), full_section())
    levels = [int(tag[1]) for tag, _ in report.elements if tag in ("h1", "h2", "h3", "h4")]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_ids_are_unique_and_all_links_lead_to_one_of_them():
    report = page(full_section(), full_section())
    ids = report.attributes("id")
    assert len(set(ids)) == len(ids)
    links = report.attributes("href")
    assert len(links) == 2 * 7  # the section, protocol, leaderboard, two tables, figures, notes
    assert {link.removeprefix("#") for link in links} | set(report.attributes("aria-labelledby")) <= set(ids)


def test_the_page_needs_nothing_but_itself():
    html = evaluation_report([full_section()], made=MADE)
    report = Page(html)
    assert all(source.startswith("data:image/png;base64,") for source in report.attributes("src"))
    assert not {"script", "link", "iframe", "object"} & {tag for tag, _ in report.elements}
    assert not any(word in html for word in ("://", "url(", "@import"))


def test_pictures_are_within_and_described_by_their_captions():
    report = page(section(figures=[("Cumulative errors", png())]))
    (source,) = report.attributes("src", "img")
    assert b64decode(source.partition(",")[2]) == png()
    assert report.attributes("alt", "img") == ["Figure 1.1: Cumulative errors"]
    assert report.all("figcaption") == ["Figure 1.1. Cumulative errors"]


def test_the_protocol_stands_above_everything_else_of_its_section():
    report = page(full_section())
    assert report.all("dt") == ["norm", "faces"]
    assert report.all("dd") == ["outer eye corners", "165"]
    headings = report.all("h3")
    assert headings == ["Protocol", "Leaderboard", "Facial parts", "Conditions", "Figures", "Notes"]
    assert MADE in report.all("p")


def test_the_best_row_of_each_subset_is_set_off():
    best = [text.split() for text in page(section()).with_class("tr", "best")]
    assert best == [
        ["fine", "full", "3.25", f"(3.00{DASH}3.50)", "165"],
        ["poor", "common", "3.50", f"(3.25{DASH}3.75)", "165"],
    ]


def test_the_best_of_several_data_sets_or_splits_are_not_compared():
    rows = pd.DataFrame({"split": ["test", "validation"], "nme": [3.0, 4.0]})
    assert page(section(leaderboard=rows)).with_class("tr", "best") == []
    assert len(page(section(leaderboard=rows.assign(split="test"))).with_class("tr", "best")) == 1


def test_a_line_opens_each_contest():
    opening = [text.split()[:2] for text in page(section()).with_class("tr", "opens")]
    assert opening == [["fine", "full"], ["fine", "common"]]


def test_numbers_are_told_from_words():
    report = page(section())
    assert report.with_class("th", "number") == ["NME, %", "faces"]
    assert len(report.with_class("td", "number")) == 2 * len(BOARD)


def test_long_tables_are_folded_and_the_leaderboard_never_is():
    short, long = (pd.DataFrame({"nme": range(rows)}) for rows in (LONG_TABLE, LONG_TABLE + 1))
    report = page(section(leaderboard=long, tables={"short": short, "long": long}))
    assert report.all("summary") == [f"{LONG_TABLE + 1} rows"]
    assert len(report.all("table")) == 3


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }}", "a & b"]
)
def test_whatever_stands_in_a_name_is_shown_as_it_is(text):
    table = pd.DataFrame({"variant": [text], text: [1.5]})
    report = page(Section(text, {text: text}, table, {text: table}, [(text, png())], [text]))
    assert "script" not in {tag for tag, _ in report.elements}
    assert len(report.attributes("src")) == 1
    assert not report.attributes("onerror")
    assert report.all("dt") == report.all("dd") == [text]
    assert report.all("td").count(text) == 2
    assert report.attributes("alt") == [f"Figure 1.1: {text}"]
    assert report.all("h2") == ["Contents", f"1. {text}"]


def test_a_leaderboard_without_rows_is_shown_by_its_headings():
    report = page(section(leaderboard=BOARD.iloc[:0]))
    assert (report.all("th"), report.all("td")) == (["variant", "subset", "NME, %", "faces"], [])


def test_light_and_dark_follow_the_reader_and_the_encoding_is_stated():
    html = evaluation_report([], made=MADE)
    assert html.startswith("<!DOCTYPE html>")
    assert "prefers-color-scheme: dark" in html
    assert Page(html).attributes("charset") == ["utf-8"]


def test_the_heading_tells_what_the_faces_are():
    report = Page(evaluation_report([section()], made=MADE, heading="drawn & small"))
    for tag in ("h1", "title"):
        assert report.all(tag) == ["Evaluation of facial keypoints: drawn & small"]
        assert page(section()).all(tag) == ["Evaluation of facial keypoints"]


def test_a_figure_that_is_no_png_is_refused_by_its_caption():
    with pytest.raises(ValueError, match="'Cumulative errors' begins with b'<svg"):
        evaluation_report([section(figures=[("Cumulative errors", b"<svg></svg>")])], made=MADE)
