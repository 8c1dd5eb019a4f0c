"""The exception whose text is meant for the user at the terminal."""


class LoadTestError(Exception):
    """Something outside this program is wrong; the message is one line that says what and where."""

    exit_status = 2
    """Of the command that fails with it."""
