"""What the details of a slice say, against the raw file."""

from __future__ import annotations

import pytest
from tests.helpers.shared_traces import raw_of, table_of

from diptych.gui.models.trace_details import describe
from diptych.gui.models.trace_scene import make_scene
from diptych.profiling.trace.table import Kind


@pytest.mark.parametrize("name", ["h100_bert_small", "mi300_resnet_training"])
def test_the_stack_is_that_of_the_thread(name: str) -> None:
    """A step that overlaps a frame has a lane of its own; the frames below it are around all."""
    table = table_of(name)
    scene, slices = make_scene(table), table.slices
    main = _main(name)
    frames = [e for e in raw_of(name).of("python_function") if e.tid == main]
    outermost = min(frames, key=lambda f: (f.start, -f.end))
    rows = [r for r in range(len(slices)) if slices.kind[r] == Kind.OPERATOR]
    rows = [r for r in rows if table.tracks[slices.track[r]].tid == str(main)]
    for row in rows[:: len(rows) // 10]:
        said = describe(scene, row).stack
        assert said[-1].hint == outermost.name
        assert all(fact.row >= 0 for fact in said)


def _main(name: str) -> int:
    """Return the thread that has the steps."""
    steps = [e for e in raw_of(name).of("user_annotation") if e.name.startswith("ProfilerStep")]
    return int(steps[0].tid)


def test_the_outermost_module_is_found_across_lanes() -> None:
    table = table_of("mi300_resnet_training")
    scene, slices = make_scene(table), table.slices
    wrapped = "nn.Module: DistributedDataParallel_0"
    rows = [
        r for r in range(len(slices)) if table.text(int(slices.name[r])) == "nn.Module: ResNet_0"
    ]
    modules = {
        fact.hint for row in rows for fact in describe(scene, row).facts if fact.name == "module"
    }
    assert modules == {wrapped}
