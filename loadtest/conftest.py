"""Lets the tests import the package `loadtest`, although this folder has the same name.

pytest calls the tests `loadtest.tests.*` after their path, and so makes a namespace package `loadtest` of this folder
before it reads any of them, unless the real one is there already. It is replaced by the real one.
"""

import importlib
import sys

if getattr(sys.modules["loadtest"], "__file__", None) is None:
    del sys.modules["loadtest"]
    importlib.import_module("loadtest")
