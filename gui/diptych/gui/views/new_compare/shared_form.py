"""The knobs that all sides of a workload have in common."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from diptych.gui.models.compare_draft import CompareDraft
from diptych.gui.models.runtimes import RuntimeModel
from diptych.gui.views.new_run.knob_input import KnobInput
from diptych.gui.views.new_run.knob_rows import KnobRows


class SharedForm(QWidget):
    """``changed`` comes when the user changed anything; the draft has it then."""

    changed = Signal()

    def __init__(self, draft: CompareDraft, runtimes: RuntimeModel) -> None:
        super().__init__()
        self._draft, self._runtimes = draft, runtimes
        self._rows: KnobRows | None = None
        self._shown: tuple[str, ...] = ()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self.refresh()

    def input(self, key: str) -> KnobInput | None:
        """Return the input of a knob."""
        return self._rows.input(key) if self._rows is not None else None

    def refresh(self) -> None:
        """Show the knobs that the sides share now."""
        knobs = self._draft.shared()
        names = (self._draft.workload, *(knob.name for knob in knobs))
        if names != self._shown:
            self._shown = names
            self._rebuild()
        for item in self._rows.inputs if self._rows is not None else ():
            text = self._draft.knob(item.knob.name)
            if item.knob.kind == "device":
                item.offer(self._devices(), text)
            else:
                item.show_text(text)

    def _rebuild(self) -> None:
        if self._rows is not None:
            self._column.removeWidget(self._rows)
            # At once: until it is deleted Tab would go through it.
            self._rows.hide()
            self._rows.deleteLater()
        self._rows = KnobRows(self._draft.shared(), lambda knob: knob.name)
        self._rows.changed.connect(self._typed)
        self._column.addWidget(self._rows)

    def order(self, before: QWidget) -> QWidget:
        """Let Tab go through the inputs after ``before``; return the last of them."""
        return self._rows.order(before) if self._rows is not None else before

    def _devices(self) -> list[str]:
        """Return the devices that every framework has."""
        counts = []
        for framework in self._draft.frameworks:
            usable = self._runtimes.usable(framework)
            found = usable[0].frameworks.get(framework) if usable else None
            counts.append(found.device_count if found and found.cuda_available else 0)
        return ["cpu", *(f"cuda:{index}" for index in range(min(counts, default=0)))]

    def mark(self, errors: dict[str, str]) -> None:
        """Mark the inputs that are wrong."""
        if self._rows is not None:
            self._rows.mark(errors)

    def _typed(self, key: str, text: str) -> None:
        self._draft.set_knob(key, text)
        self.changed.emit()
