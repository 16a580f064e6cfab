"""What was written to a log in the brushed stretch: tinted, and said above the text."""

from __future__ import annotations

from diptych.gui.models.brush import brushed
from diptych.gui.models.log_stretch import written
from diptych.gui.models.selection import Selection
from diptych.gui.text import format as fmt
from diptych.gui.text.tr import tr, trn
from diptych.gui.views.log_text import LogText
from diptych.profiling.runs.snapshot import RunSnapshot


def mark(text: LogText, selection: Selection, snapshot: RunSnapshot | None, stream: str) -> str:
    """Tint the lines of the brushed stretch; return what is to be said, empty without a brush."""
    text.mark(None)
    if snapshot is None or selection.range is None:
        return ""
    part = brushed(selection.range, selection.axis, snapshot)
    if part is None:
        return ""
    found = written(snapshot.logs.get(stream), part.low, part.high)
    if found is None:
        if text.document().isEmpty():
            return ""
        return tr(
            "When these lines were written is not known; of runs from now on it is, to the second."
        )
    text.mark(found)
    length = fmt.duration(part.high - part.low)
    if found.first == found.stop:
        return tr("Nothing was written here in the selected {length}.", length=length)
    count = len(text.marked())
    if not count:
        return tr(
            "What was written in the selected {length} lies further up; the file has it.",
            length=length,
        )
    return trn(
        "{n} line written in the selected {length} (known to the second)",
        "{n} lines written in the selected {length} (known to the second)",
        count,
        length=length,
    )
