"""A workload of the catalogue: under which frameworks, and with which knobs."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from diptych.gui.models.draft import Draft, knob_key
from diptych.gui.models.runtimes import RuntimeModel
from diptych.gui.text.tr import tr
from diptych.gui.views.new_run.knob_input import KnobInput
from diptych.gui.views.new_run.knob_rows import KnobRows
from diptych.gui.views.new_run.rows import Rows
from diptych.gui.views.new_run.runtime_card import RuntimeCard
from diptych.workloads import catalogue
from diptych.workloads.catalogue import FRAMEWORKS, Framework


class CatalogueForm(QWidget):
    """``changed`` comes when the user changed anything; the draft has it then."""

    changed = Signal()
    runtimes_wanted = Signal()

    def __init__(self, draft: Draft, runtimes: RuntimeModel) -> None:
        super().__init__()
        self._draft, self._runtimes = draft, runtimes
        self._rows: KnobRows | None = None
        self.cards = {framework: RuntimeCard(framework, runtimes) for framework in FRAMEWORKS}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(11)
        top = Rows()
        line = QHBoxLayout()
        line.setSpacing(10)
        for card in self.cards.values():
            card.changed.connect(self._card_changed)
            card.runtimes_wanted.connect(self.runtimes_wanted)
            line.addWidget(card, 1)
        top.add_layout(tr("Run under"), line)
        self._column.addWidget(top)
        self.rebuild()

    @property
    def inputs(self) -> list[KnobInput]:
        """The inputs of all knobs of the workload."""
        return self._rows.inputs if self._rows is not None else []

    def input(self, key: str) -> KnobInput | None:
        """Return the input of a knob."""
        return self._rows.input(key) if self._rows is not None else None

    def rebuild(self) -> None:
        """Make the inputs of the draft's workload."""
        if self._rows is not None:
            self._column.takeAt(self._column.count() - 1)
            self._column.removeWidget(self._rows)
            # At once: until it is deleted Tab would go through it.
            self._rows.hide()
            self._rows.deleteLater()
        chosen = catalogue.workload(self._draft.workload)
        self._rows = KnobRows(
            chosen.knobs, lambda knob: knob_key(knob.name, chosen.name, knob.applies_to[0])
        )
        self._rows.changed.connect(self._typed)
        self._column.addWidget(self._rows)
        self._column.addStretch(1)
        # Tab goes through the new inputs where they stand, not after all that was there.
        self._rows.order(list(self.cards.values())[-1].last)
        self.refresh()

    def refresh(self) -> None:
        """Show the draft, and what the runtimes offer."""
        for framework, card in self.cards.items():
            card.show_state(
                checked=framework in self._draft.frameworks,
                python=self._draft.pythons.get(framework, ""),
            )
        for item in self.inputs:
            framework = item.knob.applies_to[0]
            text = self._draft.knob(item.knob.name, framework)
            if item.knob.kind == "device":
                item.offer(self._devices(), text)
            else:
                item.show_text(text)
            ours = any(name in self._draft.frameworks for name in item.knob.applies_to)
            item.widget.setEnabled(ours)

    def _devices(self) -> list[str]:
        """Return the devices that every chosen runtime has."""
        counts = []
        for framework in self._draft.frameworks:
            info = self.cards[_framework(framework)].info
            found = info.frameworks.get(framework) if info else None
            counts.append(found.device_count if found and found.cuda_available else 0)
        return ["cpu", *(f"cuda:{index}" for index in range(min(counts, default=0)))]

    def mark(self, errors: dict[str, str]) -> None:
        """Mark the inputs that are wrong."""
        if self._rows is not None:
            self._rows.mark(errors)

    def _typed(self, key: str, text: str) -> None:
        self._draft.set_knob(key, text)
        self.changed.emit()

    def _card_changed(self) -> None:
        chosen = [name for name, card in self.cards.items() if card.check.isChecked()]
        self._draft.frameworks = list(chosen)
        for framework, card in self.cards.items():
            if card.python:
                self._draft.pythons[framework] = card.python
            else:
                self._draft.pythons.pop(framework, None)
        self.refresh()
        self.changed.emit()


def _framework(name: str) -> Framework:
    return next(known for known in FRAMEWORKS if known == name)
