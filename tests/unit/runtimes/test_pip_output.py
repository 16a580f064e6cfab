"""pip's words turned into progress: lines as pip 20 to 26 print them."""

from __future__ import annotations

import pytest

from diptych.profiling.runner.runtimes.pip_output import PipOutput, explain_failure

_LINES = """\
Looking in links: /somewhere
Collecting torch==2.13.0 (from -r torch.txt (line 1))
  Downloading torch-2.13.0-cp311-cp311-manylinux_2_28_x86_64.whl.metadata (30 kB)
Downloading torch-2.13.0-cp311-cp311-manylinux_2_28_x86_64.whl (200.0 MB)
  Using cached numpy-2.4.6-cp311-cp311-manylinux_2_28_x86_64.whl (50.0 MB)
Downloading https://example.org/simple/jinja2-3.1.6-py3-none-any.whl (134 kB)
Installing collected packages: numpy, jinja2, torch
Successfully installed jinja2-3.1.6 numpy-2.4.6 torch-2.13.0
"""


def _fed(count: int) -> PipOutput:
    output = PipOutput()
    for line in _LINES.splitlines()[:count]:
        output.feed(line)
    return output


def test_looking_for_packages_names_the_one() -> None:
    progress = _fed(3).progress()
    assert progress.stage == "resolve"
    assert "torch==2.13.0" in progress.text


def test_a_download_counts_its_bytes() -> None:
    progress = _fed(4).progress(downloaded=50_000_000)
    assert progress.stage == "download"
    assert "50 of 200 MB" in progress.text
    assert progress.fraction is not None
    further = _fed(4).progress(downloaded=150_000_000)
    assert further.fraction is not None
    assert further.fraction > progress.fraction


def test_metadata_alone_is_no_download() -> None:
    assert _fed(3).current is None
    assert _fed(4).current == "torch-2.13.0-cp311-cp311-manylinux_2_28_x86_64.whl"


def test_the_name_of_a_file_is_taken_from_its_address() -> None:
    assert _fed(6).current == "jinja2-3.1.6-py3-none-any.whl"


def test_installing_counts_packages() -> None:
    progress = _fed(7).progress(installed=2)
    assert progress.stage == "install"
    assert "3 packages: 2 in place" in progress.text


def test_the_fraction_never_goes_backwards() -> None:
    # GIVEN the whole output, with byte counts that start anew at each file
    output, seen = PipOutput(), []
    for line in _LINES.splitlines():
        output.feed(line)
        reports = [output.progress(count, installed=1) for count in (0, 10**8, 10**9)]
        seen += [report.fraction or 0.0 for report in reports]
    # THEN it only grows, and stays below the whole
    assert seen == sorted(seen)
    assert seen[-1] < 1


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("ERROR: Could not install packages: [Errno 28] No space left on device", "disk is full"),
        ("ERROR: No matching distribution found for mxnet==1.9.1", "no such build"),
        ("WARNING: Retrying: NewConnectionError('x')", "no network"),
    ],
)
def test_a_known_failure_says_what_to_do(line: str, hint: str) -> None:
    output = PipOutput()
    output.feed(line)
    assert hint in explain_failure(output, [line])


def test_an_unknown_failure_repeats_the_last_words() -> None:
    assert explain_failure(PipOutput(), ["first", "last words"]) == "last words"
    assert explain_failure(PipOutput(), []) == "it said nothing"
