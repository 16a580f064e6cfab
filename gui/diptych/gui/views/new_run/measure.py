"""How to measure: observe or fence, when to profile, what to record."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QWidget

from diptych.gui.models.draft import Draft
from diptych.gui.text.tr import tr
from diptych.gui.text.words import FENCED, OBSERVE, OPTIONS
from diptych.gui.theme import font, scaled
from diptych.gui.views.new_run.rows import Rows, stacked
from diptych.gui.views.widgets import Segments, label, set_property
from diptych.profiling.records.manifest import Schedule

_TIPS = {
    "skip": tr("Steps before anything else, once"),
    "wait": tr("Steps between two windows"),
    "warmup": tr("Steps in which the profiler warms up"),
    "active": tr("Steps that are recorded"),
    "repeat": tr("How many windows; 0 is for as long as the run lasts"),
}
_WORDS = {
    "skip": tr("skip"),
    "wait": tr("wait"),
    "warmup": tr("warm up"),
    "active": tr("record"),
    "repeat": tr("times"),
}


class MeasureForm(QWidget):
    """``changed`` comes when the user changed anything; the draft has it then."""

    changed = Signal()

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self._draft = draft
        self.ruler = Segments((("observe", tr("Observe")), ("fenced", tr("Fenced"))), tr("Measure"))
        self._hint = label(ink="hint", size=11, wrap=True)
        self.profile = QCheckBox(tr("Profile window"))
        self.profile.setFont(font())
        self.schedule = {name: _number(name) for name in _TIPS}
        self.options = {option.key: QCheckBox(option.title) for option in OPTIONS}
        self._costs = label(ink="hint", size=11, wrap=True)
        self.name = QLineEdit()
        self.name.setFont(font())
        self.name.setAccessibleName(tr("Name"))
        self.name.setPlaceholderText(tr("Optional; shown in the list"))
        self._lay_out()
        self.refresh()
        self.ruler.chosen.connect(lambda _: self._take())
        self.name.textEdited.connect(lambda _: self._take())
        for line in self.schedule.values():
            line.textEdited.connect(lambda _: self._take())
        for box in (self.profile, *self.options.values()):
            box.toggled.connect(lambda _: self._take())

    def _lay_out(self) -> None:
        rows = Rows()
        column = stacked(rows)
        column.setContentsMargins(0, 0, 0, 0)
        self.setLayout(column)
        ruler = QHBoxLayout()
        ruler.addWidget(self.ruler)
        ruler.addStretch(1)
        both = stacked(self._hint)
        both.insertLayout(0, ruler)
        rows.add_layout(tr("Measure"), both)
        numbers = QHBoxLayout()
        numbers.setSpacing(6)
        for name, line in self.schedule.items():
            words = label(_WORDS[name], ink="label")
            first, second = (line, words) if name == "repeat" else (words, line)
            numbers.addWidget(first)
            numbers.addWidget(second)
            numbers.addSpacing(4)
        numbers.addStretch(1)
        choices = QHBoxLayout()
        choices.setSpacing(14)
        for option in OPTIONS:
            box = self.options[option.key]
            box.setFont(font())
            box.setToolTip(f"{option.help} {option.cost}")
            choices.addWidget(box)
        choices.addStretch(1)
        window = stacked(self.profile, spacing=7)
        window.addLayout(numbers)
        window.addLayout(choices)
        window.addWidget(self._costs)
        rows.add_layout(tr("Profile"), window)
        rows.add(tr("Name"), self.name, fill=True)

    def refresh(self) -> None:
        """Show the draft."""
        draft = self._draft
        self.ruler.choose("fenced" if draft.fenced else "observe")
        self._hint.setText(FENCED if draft.fenced else OBSERVE)
        self.profile.setChecked(draft.profile)
        for name, line in self.schedule.items():
            text = draft.schedule.get(name, str(getattr(Schedule(), name)))
            if line.text() != text:
                line.setText(text)
            line.setEnabled(draft.profile)
        for key, box in self.options.items():
            box.setChecked(key in draft.options)
        if self.name.text() != draft.name:
            self.name.setText(draft.name)
        self._show_costs()

    def offer(self, frameworks: Collection[str]) -> None:
        """Offer what the profilers of ``frameworks`` can record; ``auto`` is not known."""
        known = [None if name == "auto" else name for name in frameworks]
        for option in OPTIONS:
            lacking = option.lacking(known)
            box = self.options[option.key]
            box.setEnabled(not lacking)
            box.setToolTip(lacking or f"{option.help} {option.cost}")

    def _show_costs(self) -> None:
        chosen = [option for option in OPTIONS if option.key in self._draft.options]
        words = [f"{option.title}: {option.cost}" for option in chosen]
        self._costs.setText("\n".join(words))
        self._costs.setVisible(bool(words))

    def mark(self, errors: dict[str, str]) -> None:
        """Mark the inputs that are wrong."""
        for name, line in self.schedule.items():
            wrong = errors.get(f"schedule.{name}")
            set_property(line, "wrong", wrong is not None)
            line.setToolTip(wrong or _TIPS[name])

    def _take(self) -> None:
        draft = self._draft
        draft.fenced = self.ruler.value == "fenced"
        draft.profile = self.profile.isChecked()
        draft.schedule = {name: line.text().strip() for name, line in self.schedule.items()}
        draft.options = [key for key, box in self.options.items() if box.isChecked()]
        draft.name = self.name.text()
        self.refresh()
        self.changed.emit()


def _number(name: str) -> QLineEdit:
    made = QLineEdit()
    made.setFont(font())
    made.setFixedWidth(scaled(48))
    made.setAlignment(Qt.AlignmentFlag.AlignRight)
    made.setAccessibleName(tr("Profile window: {name}", name=_WORDS[name]))
    made.setToolTip(_TIPS[name])
    return made
