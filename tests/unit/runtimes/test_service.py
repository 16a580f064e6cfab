"""Listing, finding, naming and forgetting runtimes, in a home of their own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from diptych.profiling.runner import runtimes
from diptych.profiling.runner.home import runtimes_dir, runtimes_file
from diptych.profiling.runner.runtimes import discover, store
from diptych.profiling.runner.runtimes.probe import examine

from .conftest import MakeRuntime, torch_source


@pytest.fixture(autouse=True)
def _only_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Look at nothing of this machine but its PATH, so that tests are the same everywhere."""
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX", "CONDA_EXE", "MAMBA_ROOT_PREFIX"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / ".pyenv"))
    monkeypatch.setenv("WORKON_HOME", str(tmp_path / "work"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def probes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The interpreters that are really probed, in order."""
    seen: list[str] = []

    def counted(candidate: runtimes.Candidate, timeout: float) -> object:
        seen.append(candidate.python)
        return examine(candidate, timeout)

    monkeypatch.setattr("diptych.profiling.runner.runtimes.service.examine", counted)
    return seen


def _managed(home: Path, root: Path, name: str) -> Path:
    target = runtimes_dir(home) / name
    target.parent.mkdir(exist_ok=True)
    return Path(shutil.move(root, target))


def test_a_managed_runtime_is_found_without_a_name(home: Path, make_runtime: MakeRuntime) -> None:
    root = _managed(home, make_runtime("r", torch=torch_source()), "torch")
    info = runtimes.find("torch", home=home)
    assert (info.python, info.name, info.source) == (str(root / "bin/python"), "torch", "managed")


def test_the_second_listing_probes_nothing(
    home: Path, make_runtime: MakeRuntime, probes: list[str]
) -> None:
    runtimes.add(make_runtime("r", torch=torch_source()), home)
    first = runtimes.list_runtimes(home)
    probes.clear()
    assert runtimes.list_runtimes(home) == first
    assert probes == []
    assert [info.name for info in first] == ["r"]


def test_a_package_that_is_installed_makes_the_cache_stale(
    home: Path, make_runtime: MakeRuntime, probes: list[str]
) -> None:
    root = make_runtime("r", torch=torch_source())
    runtimes.add(root, home)
    runtimes.list_runtimes(home)
    probes.clear()
    site = next(root.glob("lib/*/site-packages"))
    (site / "mxnet.py").write_text("raise ValueError('broken')")
    listed = runtimes.list_runtimes(home)[0]
    assert probes == [str(root / "bin/python")]
    assert set(listed.frameworks) == {"torch", "mxnet"}


def test_refresh_probes_all(home: Path, make_runtime: MakeRuntime, probes: list[str]) -> None:
    runtimes.add(make_runtime("r", torch=torch_source()), home)
    probes.clear()
    runtimes.list_runtimes(home, refresh=True)
    assert len(probes) >= 1


def test_a_broken_one_is_probed_again_before_it_is_refused(
    home: Path, make_runtime: MakeRuntime
) -> None:
    # GIVEN a runtime that is remembered as broken for a reason that leaves no trace in its folder
    reason = home / "reason"
    reason.touch()
    source = f"import os\nif os.path.exists({str(reason)!r}): raise ValueError('no')\n"
    runtimes.add(make_runtime("r", torch=source + torch_source()), home)
    with pytest.raises(runtimes.RuntimeBroken, match="ValueError: no; cure: "):
        runtimes.find("torch", "r", home)
    # WHEN the reason has gone
    reason.unlink()
    # THEN it is taken at once
    assert runtimes.find("torch", "r", home).ok("torch")


def test_one_that_vanished_says_so(home: Path, make_runtime: MakeRuntime) -> None:
    root = make_runtime("r", torch=torch_source())
    runtimes.add(root, home)
    shutil.rmtree(root)
    with pytest.raises(runtimes.RuntimeBroken, match=r"no longer there.*forget"):
        runtimes.find("torch", "r", home)
    listed = runtimes.list_runtimes(home)
    assert [problem.code for info in listed for problem in info.problems] == ["gone"]


def test_a_managed_one_that_vanished_names_the_installation(
    home: Path, make_runtime: MakeRuntime
) -> None:
    root = _managed(home, make_runtime("r", torch=torch_source()), "torch")
    (root / "bin/python").unlink()
    with pytest.raises(runtimes.RuntimeBroken, match="diptych runtimes install torch"):
        runtimes.find("torch", "torch", home)


def test_a_half_installed_one_is_not_used(home: Path, make_runtime: MakeRuntime) -> None:
    root = _managed(home, make_runtime("r", torch=torch_source()), "torch")
    (root / ".installing").touch()
    with pytest.raises(runtimes.RuntimeNotFound):
        runtimes.find("torch", home=home)
    assert [p.code for p in runtimes.list_runtimes(home)[0].problems] == ["half_installed"]
    # As soon as it is finished it counts, without anybody asking anew.
    (root / ".installing").unlink()
    assert runtimes.find("torch", home=home).ok("torch")


def test_without_any_the_message_says_how_to_get_one(home: Path) -> None:
    with pytest.raises(runtimes.RuntimeNotFound, match="diptych runtimes install mxnet"):
        runtimes.find("mxnet", home=home)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [("nope", "no runtime named 'nope'"), ("/nowhere/python", "/nowhere/python is not there")],
)
def test_an_unknown_one_is_refused(home: Path, wanted: str, message: str) -> None:
    with pytest.raises(runtimes.RuntimeNotFound, match=message):
        runtimes.find("torch", wanted, home)


def test_a_runtime_with_the_other_framework_is_refused(
    home: Path, make_runtime: MakeRuntime
) -> None:
    runtimes.add(make_runtime("r", torch=torch_source()), home)
    with pytest.raises(runtimes.RuntimeBroken, match=r"MXNet is not in runtime r .it has PyTorch"):
        runtimes.find("mxnet", "r", home)


def test_two_of_one_name_have_to_be_named_by_path(home: Path, make_runtime: MakeRuntime) -> None:
    for folder in ("a/r", "b/r"):
        runtimes.add(make_runtime(folder, torch=torch_source()), home)
    with pytest.raises(runtimes.RuntimeNotFound, match="could be any of"):
        runtimes.find("torch", "r", home)


def test_a_path_need_not_be_known_before(home: Path, make_runtime: MakeRuntime) -> None:
    root = make_runtime("r", torch=torch_source())
    assert runtimes.find("torch", str(root), home).python == str(root / "bin/python")
    assert runtimes.list_runtimes(home) == []


def test_forgetting_leaves_the_disk_alone(home: Path, make_runtime: MakeRuntime) -> None:
    root = make_runtime("r", torch=torch_source())
    runtimes.add(root, home)
    assert runtimes.forget("r", home) == str(root / "bin/python")
    assert (root / "bin/python").exists()
    assert runtimes.list_runtimes(home) == []
    with pytest.raises(runtimes.RuntimeNotFound, match="was not added by hand"):
        runtimes.forget("r", home)


def test_adding_nothing_is_refused(home: Path, tmp_path: Path) -> None:
    with pytest.raises(runtimes.RuntimeNotFound, match="give a Python interpreter"):
        runtimes.add(tmp_path / "nothing", home)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"version": 99}', b"\xff" * 100])
def test_a_damaged_list_counts_as_empty(
    home: Path, make_runtime: MakeRuntime, content: bytes
) -> None:
    runtimes_file(home).write_bytes(content)
    assert store.load(home).named == []
    runtimes.add(make_runtime("r", torch=torch_source()), home)
    assert len(store.load(home).named) == 1


def test_a_home_that_cannot_be_written_still_lists(
    tmp_path: Path, make_runtime: MakeRuntime
) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    root = make_runtime("r", torch=torch_source())
    assert runtimes.find("torch", str(root), blocked / "home").ok("torch")


def test_virtual_environments_and_conda_are_found(
    home: Path, make_runtime: MakeRuntime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (".venv", "work/one", "miniconda3/envs/two", ".pyenv/versions/3.11.7"):
        make_runtime(name)
    (tmp_path / ".conda").mkdir()
    make_runtime("elsewhere/three")
    (tmp_path / ".conda/environments.txt").write_text(f"{tmp_path}/elsewhere/three\n\n/gone\n")
    monkeypatch.setenv("VIRTUAL_ENV", str(make_runtime("active")))
    found = {c.name: c.source for c in discover(home) if str(tmp_path) in c.python}
    assert found == {
        "active": "current",
        tmp_path.name: "venv",
        "one": "venv",
        "two": "conda",
        "three": "conda",
        "3.11.7": "pyenv",
    }


def test_an_environment_is_listed_once(home: Path, make_runtime: MakeRuntime) -> None:
    root = make_runtime("work/one")
    (root / "bin/python3").symlink_to("python")
    found = discover(home, [str(root), str(root / "bin/python3"), str(root / "bin/python")])
    assert [c.source for c in found if str(root) in c.python] == ["named"]


@pytest.mark.parametrize(
    ("program", "text"), [("#!/bin/sh\nexit 0\n", "does not start"), (None, "neither PyTorch nor")]
)
def test_what_is_of_no_use_is_not_remembered(
    home: Path, tmp_path: Path, make_runtime: MakeRuntime, program: str | None, text: str
) -> None:
    python = make_runtime("r") / "bin/python"
    if program is not None:
        python = tmp_path / "program"
        python.write_text(program)
        python.chmod(0o755)
    with pytest.raises(runtimes.RuntimeNotFound, match=text):
        runtimes.add(python, home)
    stored = store.load(home)
    assert (stored.named, stored.probes) == ([], {})


def test_what_was_never_added_need_not_be_forgotten(home: Path, tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\nexit 0\n")
    program.chmod(0o755)
    with pytest.raises(runtimes.RuntimeBroken) as broken:
        runtimes.find("torch", str(program), home)
    assert "does not start" in str(broken.value)
    assert "forget" not in str(broken.value)
