"""Reports in Chromium: they load nothing else, log nothing to the console, and fit their window."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import escape, unescape
from typing import TYPE_CHECKING, Any

import pytest

from loadtest.__main__ import main

from .synthetic import SAMPLES

if TYPE_CHECKING:
    from pathlib import Path

CHARTS = {"comparison": 9, "single run": 7}


@pytest.fixture(params=CHARTS)
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of report."""
    kind: str = request.param
    return kind


@pytest.fixture
def page(kind: str, tmp_path: Path) -> str:
    """A report on the sample runs."""
    if kind == "comparison":
        return (SAMPLES / "report/comparison.html").read_text()
    run = shutil.copytree(SAMPLES / "runs/localstack/1", tmp_path / "run")
    assert main(["report", "--run-directory", str(run)]) == 0
    return (run / "report.html").read_text()


# The page is measured in a frame, as a window of Chromium is at least 500 pixels wide.
FRAME = """<!DOCTYPE html>
<meta name="color-scheme" content="light dark">
<iframe style="width: {width}px; height: 900px; border: 0" srcdoc="{page}"></iframe>
<script>
const hint = (view) => {{
  const mark = [...view.document.querySelectorAll("svg .hit")].find((each) => each.checkVisibility());
  mark.dispatchEvent(new view.PointerEvent("pointermove", {{ bubbles: true, clientX: 20, clientY: 20 }}));
  const tip = view.document.querySelector(".tip");
  return tip.checkVisibility() ? tip.textContent : "";
}};
const runOff = (page) => {{
  return [...page.querySelectorAll(".scroll")].filter((each) => each.scrollWidth > each.clientWidth)
    .map((each) => each.getAttribute("aria-label"));
}};
addEventListener("load", () => {{
  const view = document.querySelector("iframe").contentWindow;
  for (const each of view.document.querySelectorAll("details")) each.open = true;
  const charts = [...view.document.querySelectorAll("svg")].filter((svg) => svg.checkVisibility());
  const body = view.getComputedStyle(view.document.body);
  const scales = charts.map((svg) => svg.getBoundingClientRect().width / svg.viewBox.baseVal.width);
  document.documentElement.dataset.measured = JSON.stringify({{
    window: view.innerWidth,
    page: view.document.documentElement.scrollWidth,
    charts: charts.map((svg) => svg.querySelector("title").textContent),
    cut: charts.flatMap((svg) => [...svg.querySelectorAll("text")].filter((text) => {{
      const box = text.getBBox(), size = svg.viewBox.baseVal;
      return box.x < 0 || box.y < 0 || box.x + box.width > size.width || box.y + box.height > size.height;
    }}).map((text) => text.textContent)),
    smallestText: 11.5 * Math.min(...scales),
    colours: [body.backgroundColor, body.color],
    hint: hint(view),
    runOff: runOff(view.document),
  }});
}});
</script>
"""


def look(tmp_path: Path, page: str, *options: str) -> tuple[str, list[str]]:
    """Open a page; return its DOM after loading, and the lines of the console."""
    chromium = shutil.which("chromium")
    assert chromium, "There is no chromium on the PATH; install it: apt-get install chromium"
    file = tmp_path / "page.html"
    file.write_text(page)
    arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    arguments += [f"--user-data-dir={tmp_path}/profile", "--enable-logging=stderr", *options, "--dump-dom"]
    seen = subprocess.run([chromium, *arguments, file.as_uri()], capture_output=True, text=True, check=True, timeout=50)  # noqa: S603  # found above
    return seen.stdout, [line for line in seen.stderr.splitlines() if "CONSOLE" in line]


def measure(tmp_path: Path, page: str, *options: str, width: int = 390) -> dict[str, Any]:
    elements, _ = look(tmp_path, FRAME.format(width=width, page=escape(page)), *options)
    found = re.search(r'data-measured="([^"]*)"', elements)
    assert found
    measured: dict[str, Any] = json.loads(unescape(found[1]))
    return measured


def test_the_console_is_empty(tmp_path: Path, page: str) -> None:
    _, console = look(tmp_path, page)
    assert console == []


def test_the_content_security_policy_blocks_external_resources(tmp_path: Path, page: str) -> None:
    _, console = look(tmp_path, page.replace("</main>", '<img src="http://192.0.2.1/chart.png" alt=""></main>'))
    assert len(console) == 1
    assert "Content Security Policy" in console[0]


@pytest.mark.parametrize("width", [390, 1440])
def test_the_page_fits_its_window_and_its_charts_are_legible(tmp_path: Path, kind: str, page: str, width: int) -> None:
    measured = measure(tmp_path, page, width=width)
    assert (measured["window"], measured["page"]) == (width, width)
    assert len(measured["charts"]) == len(set(measured["charts"])) == CHARTS[kind]
    assert measured["cut"] == []
    assert measured["smallestText"] >= 11
    assert measured["runOff"] == []


def test_a_value_is_shown_under_the_pointer_at_once(tmp_path: Path, page: str) -> None:
    assert re.search(r"\d", measure(tmp_path, page)["hint"])


@pytest.mark.parametrize(
    ("scheme", "colours"),
    [(0, ["rgb(15, 20, 25)", "rgb(230, 233, 237)"]), (1, ["rgb(255, 255, 255)", "rgb(27, 31, 36)"])],
    ids=["dark", "light"],
)
def test_the_page_follows_the_preferred_colour_scheme(
    tmp_path: Path, page: str, scheme: int, colours: list[str]
) -> None:
    assert measure(tmp_path, page, f"--blink-settings=preferredColorScheme={scheme}")["colours"] == colours
