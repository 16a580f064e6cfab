"""How a comparison is run: turns, noise, parity, why; one knob swept; a name."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLineEdit, QWidget

from diptych.gui.models.compare_draft import CompareDraft
from diptych.gui.models.compare_plan import IN_SEQUENCE
from diptych.gui.text.tr import tr
from diptych.gui.theme import font, mono, scaled
from diptych.gui.views.new_run.rows import Rows, stacked
from diptych.gui.views.widgets import Segments, label, set_property

_ORDERS = {
    "turns": tr("One side at a time, in turns A B B A: heat and drift hit all alike."),
    "sequence": tr("Each side runs to its end before the next: simple, and easily unfair."),
}
_NUMBERS = {
    "rounds": (tr("rounds"), tr("A round is two turns of each side")),
    "turn": (tr("steps a turn"), tr("Empty: about a second of the slowest side")),
    "warm": (tr("to warm up"), tr("Steps before the first turn, which do not count")),
}
_BOXES = {
    "noise": (
        tr("Noise"),
        tr("Run the first side twice, to learn what this machine does to one and the same work"),
    ),
    "parity": (
        tr("Parity"),
        tr("First compare the losses of all sides from the same weights, step by step"),
    ),
    "why": (tr("Why"), tr("Afterwards profile each side once, to see where the difference is")),
    "fenced": (
        tr("Fenced"),
        tr("Wait for the device at the end of each step: one ruler for all sides"),
    ),
}


class RaceForm(QWidget):
    """``changed`` comes when the user changed anything; the draft has it then."""

    changed = Signal()

    def __init__(self, draft: CompareDraft) -> None:
        super().__init__()
        self._draft = draft
        self.order = Segments(
            (("turns", tr("In turns")), ("sequence", tr("One after the other"))), tr("Order")
        )
        self._hint = label(ink="hint", size=11, wrap=True)
        self.numbers = {key: _number(key) for key in _NUMBERS}
        self.boxes = {key: QCheckBox(words) for key, (words, _) in _BOXES.items()}
        self.sweep = QComboBox()
        self.sweep.setFont(font())
        self.sweep.setMinimumWidth(scaled(112))
        self.sweep.setAccessibleName(tr("Knob to sweep"))
        self.sweep.setToolTip(tr("Run every side with each of several values of one knob"))
        self.values = QLineEdit()
        self.values.setFont(mono(12))
        self.values.setAccessibleName(tr("Values to sweep"))
        self.values.setPlaceholderText("8, 16, 32")
        self.name = QLineEdit()
        self.name.setFont(font())
        self.name.setAccessibleName(tr("Name"))
        self.name.setPlaceholderText(tr("Optional; to find it by"))
        self._lay_out()
        self.refresh()
        self._connect()

    def _lay_out(self) -> None:
        rows = Rows()
        column = stacked(rows)
        column.setContentsMargins(0, 0, 0, 0)
        self.setLayout(column)
        self._sweeping = rows.add(tr("Sweep"), self.sweep, tr("values"), self.values, fill=True)
        line = QHBoxLayout()
        line.addWidget(self.order)
        line.addStretch(1)
        both = stacked(self._hint)
        both.insertLayout(0, line)
        rows.add_layout(tr("Order"), both)
        numbers: list[QWidget | str] = []
        for key, field in self.numbers.items():
            numbers += [field, _NUMBERS[key][0]]
        rows.add(tr("Turns"), *numbers)
        for key, box in self.boxes.items():
            box.setFont(font())
            box.setToolTip(_BOXES[key][1])
        rows.add(tr("Measure"), *self.boxes.values())
        rows.add(tr("Name"), self.name, fill=True)
        self._sweep_title = rows.grid.itemAtPosition(1, 0)

    def _connect(self) -> None:
        self.order.chosen.connect(self._take)
        self.sweep.activated.connect(self._take)
        for field in (*self.numbers.values(), self.values, self.name):
            field.textEdited.connect(self._take)
        for box in self.boxes.values():
            box.toggled.connect(self._take)

    def refresh(self) -> None:
        """Show the draft."""
        draft = self._draft
        catalogue = draft.source == "catalogue"
        self._offer_sweep()
        self._show_sweep(catalogue)
        self.order.choose(draft.order)
        self._hint.setText(_ORDERS[draft.order])
        self.numbers["turn"].setPlaceholderText(
            tr("auto") if draft.order == "turns" else str(IN_SEQUENCE)
        )
        fields = [(self.numbers[key], getattr(draft, key)) for key in self.numbers]
        for field, text in [*fields, (self.values, draft.sweep_values), (self.name, draft.name)]:
            if field.text() != text:
                field.setText(text)
        for key, box in self.boxes.items():
            box.blockSignals(True)
            box.setChecked(getattr(draft, key))
            box.blockSignals(False)
        self._lock("noise", tr("The sides are the same: the noise is what is compared"), draft.same)
        self._lock("parity", tr("Own scripts cannot be given the same weights"), not catalogue)

    def _show_sweep(self, shown: bool) -> None:
        self._sweeping.setVisible(shown)
        title = self._sweep_title.widget() if self._sweep_title is not None else None
        if title is not None:
            title.setVisible(shown)

    def _lock(self, key: str, reason: str, locked: bool) -> None:
        self.boxes[key].setEnabled(not locked)
        self.boxes[key].setToolTip(reason if locked else _BOXES[key][1])

    def _offer_sweep(self) -> None:
        names = ["", *(knob.name for knob in self._draft.shared())]
        if [self.sweep.itemData(n) for n in range(self.sweep.count())] != names:
            self.sweep.clear()
            for name in names:
                self.sweep.addItem(name.replace("_", " ") or tr("nothing"), name)
        if self._draft.sweep_knob not in names:
            self._draft.sweep_knob = ""
        self.sweep.setCurrentIndex(self.sweep.findData(self._draft.sweep_knob))
        self.values.setEnabled(bool(self._draft.sweep_knob))

    def mark(self, errors: dict[str, str]) -> None:
        """Mark the inputs that are wrong."""
        for key, field in self.numbers.items():
            set_property(field, "wrong", key in errors)
            field.setToolTip(errors.get(key) or _NUMBERS[key][1])
        set_property(self.values, "wrong", "sweep" in errors)
        self.values.setToolTip(errors.get("sweep", ""))

    def _take(self, _: object = None) -> None:
        draft = self._draft
        draft.order = "sequence" if self.order.value == "sequence" else "turns"
        draft.sweep_knob, draft.sweep_values = str(self.sweep.currentData()), self.values.text()
        for key, field in self.numbers.items():
            setattr(draft, key, field.text().strip())
        for key, box in self.boxes.items():
            setattr(draft, key, box.isChecked())
        draft.name = self.name.text()
        self.refresh()
        self.changed.emit()


def _number(key: str) -> QLineEdit:
    made = QLineEdit()
    made.setFont(font())
    made.setFixedWidth(scaled(56))
    made.setAlignment(Qt.AlignmentFlag.AlignRight)
    made.setAccessibleName(_NUMBERS[key][0])
    made.setToolTip(_NUMBERS[key][1])
    return made
