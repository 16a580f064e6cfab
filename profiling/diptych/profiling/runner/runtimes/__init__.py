"""Interpreters that hold a framework: found, probed, named, installed.

The public face of the package; the rest of the program imports from here.
"""

from __future__ import annotations

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

__all__ = [
    "FRAMEWORKS",
    "TITLES",
    "DeviceInfo",
    "FrameworkInfo",
    "InstallCancelled",
    "InstallError",
    "InstallProgress",
    "Problem",
    "RuntimeBroken",
    "RuntimeInfo",
    "RuntimeNotFound",
]
