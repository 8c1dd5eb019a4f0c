"""The one exception whose text is meant for the person at the terminal."""


class LoadTestError(Exception):
    """Something outside this program is wrong; the message is one line that says what and where."""
