"""What all scripts share: arguments, synthetic data, saved weights, progress lines.

Loaded by file, as the scripts' own folder is no package of the app.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from diptych.workloads.catalogue import (
    FRAMEWORKS,
    WORKLOADS,
    automatic_rate,
    command,
    script_path,
    workload,
)


def load(name: str) -> ModuleType:
    path = script_path("mlp", "torch").parent.parent / "common" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"workloads_common_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


options, samples, weights, progress = map(load, ("options", "samples", "weights", "progress"))
EXECUTIONS = {"torch": ("eager", "compile"), "mxnet": ("imperative", "hybridize")}


def parser_of(name: str, framework: str) -> argparse.ArgumentParser:
    """The parser of a script, from the literal arguments of its own harness.parse call."""
    tree = ast.parse(script_path(name, framework).read_text())
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "harness.parse"
    ]
    (call,) = calls
    given = {str(word.arg): ast.literal_eval(word.value) for word in call.keywords}
    parser: argparse.ArgumentParser = options.build("", EXECUTIONS[framework], **given)
    return parser


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("name", WORKLOADS)
def test_a_script_run_by_hand_has_the_defaults_of_the_catalogue(name: str, framework: str) -> None:
    parser = parser_of(name, framework)

    by_hand = vars(parser.parse_args([]))
    launched = vars(parser.parse_args(command(name, framework, {})[1:]))

    assert by_hand == launched
    assert workload(name).defaults(framework).items() <= launched.items()  # type: ignore[arg-type]  # it is one of them


@pytest.mark.parametrize(
    "wrong",
    [
        ["--batch-size", "0"],
        ["--batch", "8"],
        ["--device", "gpu"],
        ["--lr", "-1"],
        ["--lr", "nan"],
        ["--seed", "4294967296"],
        ["--execution", "hybridize"],
        ["--image-size", "31"],
    ],
)
def test_wrong_arguments_end_with_status_2_and_their_name(
    wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parser_of("resnet18", "torch").parse_args(wrong)

    assert ended.value.code == 2
    assert wrong[0] in capsys.readouterr().err


SCRIPTS = [
    path
    for folder in ("common", "torch_models", "mxnet_models")
    for path in sorted((script_path("mlp", "torch").parent.parent / folder).glob("*.py"))
]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_scripts_are_python_38_and_know_nothing_of_diptych(path: Path) -> None:
    source = path.read_text()

    ast.parse(source, feature_version=(3, 8))
    assert "diptych" not in source.lower()


def asked(**values: Any) -> argparse.Namespace:
    return argparse.Namespace(**{"batch_size": 2, "steps": 9, "seed": 5, **values})


def test_the_data_of_a_seed_never_changes() -> None:
    drawn = [
        samples.images(asked(image_size=8), 10, "int64"),
        samples.vectors(asked(features=7), 10, "int64"),
        samples.sentences(asked(seq_len=6), 100, "int64"),
        samples.documents(asked(seq_len=6), 100, 4, "int64"),
    ]

    digest = hashlib.sha256()
    for item in drawn:
        for inputs, targets in item.batches(2):
            digest.update(inputs.tobytes() + targets.tobytes())
    assert digest.hexdigest() == DIGEST


DIGEST = "6ea0a2bad9d6461e7c10c8f55fe9d43be476a4409e3dfb567a1dc50729e18dc8"


def test_a_loader_and_memory_give_the_same_batches() -> None:
    data = samples.images(asked(image_size=8), 10, "int32")
    held = data.batches(2)

    assert len(data) == 18
    assert len(held) == samples.BATCHES
    for step in range(9):
        rows = [data[2 * step], data[2 * step + 1]]
        inputs, targets = held[step % len(held)]
        assert np.array_equal(np.stack([row[0] for row in rows]), inputs)
        assert [row[1] for row in rows] == targets.tolist()
    with pytest.raises(IndexError):
        data[18]


def test_sentences_are_followed_by_their_next_token() -> None:
    inputs, targets = samples.sentences(asked(seq_len=6), 100, "int32").batches(2)[0]

    assert inputs.shape == targets.shape == (2, 6)
    assert np.array_equal(inputs[:, 1:], targets[:, :-1])
    assert inputs.dtype == targets.dtype == np.int32


def test_images_are_normalised() -> None:
    inputs, _ = samples.images(asked(image_size=64), 10, "int32").batches(2)[0]

    assert inputs.dtype == np.float32
    assert abs(inputs.mean()) < 0.05
    assert abs(inputs.std() - 1) < 0.05


def test_large_batches_are_fewer_and_short_runs_make_no_more_than_they_use() -> None:
    large = samples.vectors(asked(features=65_536, batch_size=1024, steps=9), 10, "int32")
    short = samples.vectors(asked(features=4, batch_size=2, steps=1), 10, "int32")

    assert len(large.inputs) == 2 * 1024
    assert len(short.inputs) == 2


def test_weights_come_back_in_order(tmp_path: Path) -> None:
    path = str(tmp_path / "weights")  # no suffix: the name is kept as given
    parameters = [np.full((2, i + 1), i, np.float32) for i in range(12)]
    statistics = [np.arange(3.0)]

    weights.save(path, parameters, statistics)
    loaded = weights.load(path, [p.shape for p in parameters], [(3,)])

    assert [p[0, 0] for p in loaded[0]] == list(range(12))
    assert np.array_equal(loaded[1][0], statistics[0])


def test_weights_of_another_model_are_refused_by_name(tmp_path: Path) -> None:
    path = str(tmp_path / "w.npz")
    weights.save(path, [np.zeros((2, 3))], [])

    with pytest.raises(SystemExit, match=r"p0000 is \(2, 3\) there, \(3, 2\) here"):
        weights.load(path, [(3, 2)], [])
    with pytest.raises(SystemExit, match=r"p0001 is nothing there, \(4,\) here"):
        weights.load(path, [(2, 3), (4,)], [])
    with pytest.raises(SystemExit, match="--init-from: cannot read"):
        weights.load(str(tmp_path / "none.npz"), [], [])
    for content in (b"not weights", b"", Path(path).read_bytes()[:-30]):
        (tmp_path / "bad.npz").write_bytes(content)
        with pytest.raises(SystemExit, match="--init-from: cannot read"):
            weights.load(str(tmp_path / "bad.npz"), [], [])
    with pytest.raises(SystemExit, match="--save-init: cannot write"):
        weights.save(str(tmp_path / "none" / "w.npz"), [], [])


def test_lines_are_rare_and_the_last_step_has_one(capsys: pytest.CaptureFixture[str]) -> None:
    args = options.build("", ("eager",), ("features", 4, 1), 2, 7).parse_args(["--log-every", "3"])
    log = progress.Progress(args, "model: 10 parameters")

    for step in range(args.steps):
        if log.due():
            log.line(float(step))

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "model: 10 parameters, batch 2, 7 steps, train fp32 eager on cpu"
    assert [line.split("  ")[:2] for line in lines[1:4]] == [
        ["step 3/7", "loss 2.000000"],
        ["step 6/7", "loss 5.000000"],
        ["step 7/7", "loss 6.000000"],
    ]
    assert lines[4].startswith("finished 7 steps in ")
    assert lines[4].endswith(" s, loss 6.000000")


def test_the_usual_learning_rates() -> None:
    parser = parser_of("mlp", "torch")

    rates = [
        options.learning_rate(parser.parse_args(words.split()))
        for words in ("", "--optimizer adam", "--optimizer adam --lr 0.5")
    ]
    assert rates == [0.01, 0.001, 0.5]


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_the_catalogue_knows_the_usual_learning_rates_of_the_scripts(optimizer: str) -> None:
    parser = options.build("", ("eager",), ("features", 4, 1), 2, 7)
    used = options.learning_rate(parser.parse_args(["--optimizer", optimizer]))
    assert used == automatic_rate({"lr": 0.0, "optimizer": optimizer})
