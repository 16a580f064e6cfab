"""The line between two traces: at which step they are put on one ruler."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from diptych.gui.models.trace_scene import Scene
from diptych.gui.plots.timeline.ruler import step_name
from diptych.gui.text.tr import tr
from diptych.gui.views.widgets import Elided, icon_button, label


class AlignBar(QWidget):
    """``aligned`` tells two instants (ns of each trace) that belong together."""

    aligned = Signal(object, object)
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.above, self.below = QComboBox(), QComboBox()
        self.above.setAccessibleName(tr("Step of the upper trace"))
        self.below.setAccessibleName(tr("Step of the lower trace"))
        self.names = Elided(ink="label")
        self.close_lower = icon_button("cross", tr("Close the lower trace"))
        self.close_lower.clicked.connect(self.closed)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 4, 8, 4)
        row.setSpacing(8)
        row.addWidget(label(tr("Aligned at"), ink="label"))
        row.addWidget(self.above)
        row.addWidget(label(tr("above and"), ink="label"))
        row.addWidget(self.below)
        row.addWidget(label(tr("below"), ink="label"))
        row.addWidget(self.names, 1)
        row.addWidget(self.close_lower)
        for box in (self.above, self.below):
            box.activated.connect(lambda _: self._tell())
        self._shown: tuple[Scene | None, Scene | None] = (None, None)
        self.hide()

    def show_scenes(self, upper: Scene | None, lower: Scene | None) -> None:
        """Offer the steps of two traces, aligned at the first of both."""
        if (upper, lower) == self._shown:
            return
        self._shown = (upper, lower)
        self.setVisible(upper is not None and lower is not None)
        if upper is None or lower is None:
            return
        for box, scene in ((self.above, upper), (self.below, lower)):
            box.clear()
            box.addItem(tr("the beginning"), 0)
            for step in scene.steps:
                box.addItem(step_name(step), step.start)
        both = bool(upper.steps and lower.steps)
        for box in (self.above, self.below):
            box.setCurrentIndex(1 if both else 0)
        self.names.show_text(tr("{upper} over {lower}", upper=upper.name, lower=lower.name))
        self._tell()

    def _tell(self) -> None:
        self.aligned.emit(self.above.currentData(), self.below.currentData())
