"""Take the pictures of a comparison that the documentation shows: its beginning, wide and narrow, light and dark.

    .venv/bin/python -m tests.screenshots results/comparison/comparison.html

It writes docs/comparison*.png, and needs Chromium. With `--grey`, the pictures are without colours, to look at; it then
writes them beside the page.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from html import escape
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

DOCS = Path(__file__).parents[1] / "docs"

SIZES = {"": (1440, 2700), "-narrow": (390, 2400)}
SCHEMES = {"": 1, "-dark": 0}
"""Of Chromium's setting preferredColorScheme."""

# In a frame, as a window of Chromium is at least 500 pixels wide.
FRAME = """<!DOCTYPE html>
<meta name="color-scheme" content="light dark">
<style>body {{ margin: 0 }} iframe {{ display: block; border: 0; filter: {filter} }}</style>
<iframe style="width: {width}px; height: {height}px" scrolling="no" srcdoc="{page}"></iframe>
"""


def main() -> None:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page", type=Path)
    parser.add_argument("--grey", action="store_true")
    options = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("There is no chromium on the PATH; install it: apt-get install chromium")
    for (size, (width, height)), (scheme, setting) in product(SIZES.items(), SCHEMES.items()):
        folder, grey = (options.page.parent, "-grey") if options.grey else (DOCS, "")
        picture = folder / f"comparison{size}{scheme}{grey}.png"
        with TemporaryDirectory() as directory:
            frame = Path(directory) / "frame.html"
            page = escape(options.page.read_text(encoding="utf-8"))
            fill = "grayscale(1)" if options.grey else "none"
            frame.write_text(FRAME.format(width=width, height=height, page=page, filter=fill), encoding="utf-8")
            arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
            arguments += [f"--user-data-dir={directory}/profile", f"--blink-settings=preferredColorScheme={setting}"]
            arguments += [f"--window-size={width},{height}", f"--screenshot={picture}", frame.as_uri()]
            subprocess.run([chromium, *arguments], check=True, capture_output=True, timeout=60)  # noqa: S603  # found above
        sys.stdout.write(f"{picture}\n")


if __name__ == "__main__":
    main()
