"""Interpreters that hold a framework: found, probed, named, installed.

The public face of the package; the rest of the program imports from here.
"""

from __future__ import annotations

from diptych.profiling.runner.runtimes.discover import Candidate, discover
from diptych.profiling.runner.runtimes.glance import Seen, glance
from diptych.profiling.runner.runtimes.installing import install
from diptych.profiling.runner.runtimes.model import (
    FRAMEWORKS,
    TITLES,
    DeviceInfo,
    FrameworkInfo,
    InstallCancelled,
    InstallError,
    InstallProgress,
    Problem,
    RuntimeBroken,
    RuntimeInfo,
    RuntimeNotFound,
)
from diptych.profiling.runner.runtimes.probe import probe
from diptych.profiling.runner.runtimes.service import add, check, find, forget, list_runtimes

__all__ = [
    "FRAMEWORKS",
    "TITLES",
    "Candidate",
    "DeviceInfo",
    "FrameworkInfo",
    "InstallCancelled",
    "InstallError",
    "InstallProgress",
    "Problem",
    "RuntimeBroken",
    "RuntimeInfo",
    "RuntimeNotFound",
    "Seen",
    "add",
    "check",
    "discover",
    "find",
    "forget",
    "glance",
    "install",
    "list_runtimes",
    "probe",
]
