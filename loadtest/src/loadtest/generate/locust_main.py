"""Run Locust with its command line alone: it reads no configuration file, neither in the home nor in this directory."""

from __future__ import annotations

from typing import Any

from locust import argument_parser, main


class CommandLineParser(argument_parser.LocustArgumentParser):
    """Locust's parser without its configuration files, which no option of Locust turns off."""

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401  # whatever configargparse takes
        """Take the options of Locust's parser."""
        super().__init__(*arguments, **{**options, "default_config_files": []})


if __name__ == "__main__":
    argument_parser.LocustArgumentParser = CommandLineParser  # type: ignore[misc]  # Locust creates its parsers by this name
    main.main()  # type: ignore[no-untyped-call]  # Locust does not annotate it
