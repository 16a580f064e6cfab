"""The icicle with its heading: what it shows, how far it is zoomed in, the way back."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from diptych.gui.models.trace_operators import Forest, Measure, shares
from diptych.gui.plots.icicle import ROW, Icicle
from diptych.gui.plots.icicle_layout import lay_out
from diptych.gui.text import format as fmt
from diptych.gui.text.timeline import rich
from diptych.gui.text.tr import tr, trn
from diptych.gui.views.widgets import Elided, label, link
from diptych.profiling.trace.table import Int64, Kind

_CALLS = (Kind.RUNTIME, Kind.SYNC)


class IciclePanel(QWidget):
    """Shows a tree of calls; ``picked`` tells the node that was chosen."""

    picked = Signal(int)
    menu_wanted = Signal(int, QPoint)

    def __init__(self) -> None:
        super().__init__()
        self.forest: Forest | None = None
        self.measure: Measure = "host"
        self.icicle = Icicle()
        self.title = label(tr("Where the time goes"), weight=600)
        self.path = Elided(ink="label", mode=Qt.TextElideMode.ElideLeft)
        self.back = link(tr("Everything"), tr("Show everything again"))
        self.back.setToolTip(tr("Zoom out to everything (Home); Backspace goes one step back"))
        self.back.clicked.connect(lambda: self.icicle.zoom(-1))
        head = QHBoxLayout()
        head.setContentsMargins(16, 0, 12, 0)
        head.setSpacing(10)
        for widget, room in ((self.title, 0), (self.path, 1), (self.back, 0)):
            head.addWidget(widget, room)
        self.frame = QScrollArea()
        self.frame.setWidgetResizable(True)
        self.frame.setFrameShape(QFrame.Shape.NoFrame)
        self.frame.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.frame.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.frame.setWidget(self.icicle)
        inside = QHBoxLayout()
        inside.setContentsMargins(16, 0, 6, 0)
        inside.addWidget(self.frame)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 6)
        column.setSpacing(2)
        column.addLayout(head)
        column.addLayout(inside, 1)
        self.icicle.label = self._label
        self.icicle.words = self._words
        self.icicle.picked.connect(self.picked)
        self.icicle.menu_wanted.connect(self.menu_wanted)
        self.icicle.zoomed.connect(self._zoomed)
        self.setFocusProxy(self.icicle)

    def show_forest(self, forest: Forest | None, measure: Measure) -> None:
        """Show the calls of a forest, as wide as their time."""
        if forest is self.forest and measure == self.measure:
            return
        self.forest, self.measure = forest, measure
        if forest is None or not len(forest):
            self.icicle.show_boxes(None, np.empty(0, np.uint8))
            return
        starts = forest.scene.table.slices.start[forest.first].astype(np.float64)
        boxes = lay_out(forest.parent, forest.depth, self._values(forest), starts)
        self.icicle.show_boxes(boxes, forest.colours)

    def _values(self, forest: Forest) -> Int64:
        if self.measure == "host":
            return np.asarray(forest.times["total"], np.int64)
        # The call that launches work is not where the device spends its time: the operator is.
        calls = np.isin(forest.scene.table.slices.kind[forest.first], np.array(_CALLS, np.uint8))
        calls &= forest.parent >= 0
        return np.where(calls, 0, forest.times["device"]).astype(np.int64)

    @property
    def deepest(self) -> int:
        """How many levels there are."""
        return self.icicle.boxes.deepest if self.icicle.boxes is not None else 0

    def time_of(self, node: int) -> int:
        """Return the time of a node, as the icicle shows it, in ns."""
        key = "device" if self.measure == "device" else "total"
        return int(self.forest.times[key][node]) if self.forest is not None else 0

    def _label(self, node: int) -> tuple[str, str]:
        if self.forest is None:
            return "", ""
        return self.forest.names[node], fmt.duration(self.time_of(node))

    def _words(self, node: int) -> str:
        forest = self.forest
        if forest is None:
            return ""
        share = float(shares(forest, self.measure)[node])
        time = fmt.duration(self.time_of(node))
        parts = [tr("{time}, {share} of everything", time=time, share=fmt.percent(share))]
        up = int(forest.parent[node])
        if up >= 0 and self.time_of(up):
            of_up = fmt.percent(self.time_of(node) / self.time_of(up) * 100)
            parts.append(tr("{share} of {name}", share=of_up, name=forest.names[up]))
        lines = [forest.tips[node][:300], " · ".join(parts)]
        own = fmt.duration(int(forest.times["self"][node]))
        calls = trn("{n} call", "{n} calls", int(forest.calls[node]))
        lines.append(tr("{calls}, {time} on the host itself", calls=calls, time=own))
        if forest.has_device and self.measure == "host":
            device = fmt.duration(int(forest.times["device"][node]))
            lines.append(tr("started {time} of device work", time=device))
        return rich(lines)

    def _zoomed(self) -> None:
        icicle, forest = self.icicle, self.forest
        self.back.setVisible(icicle.root >= 0)
        if forest is None or icicle.root < 0:
            self.path.show_text(self._whole())
            self.frame.verticalScrollBar().setValue(0)
            return
        path = icicle.path(icicle.root)
        self.path.show_text(" › ".join(forest.names[node] for node in path))
        # Two levels of what is around stay in sight.
        QTimer.singleShot(0, self, lambda: self._scroll_to(max(0, len(path) - 3) * ROW))

    def _scroll_to(self, y: int) -> None:
        bar = self.frame.verticalScrollBar()
        if not bar.value() <= y <= bar.value() + self.frame.viewport().height() - 4 * ROW:
            bar.setValue(y)

    def _whole(self) -> str:
        forest = self.forest
        if forest is None or not len(forest):
            return ""
        if not self.deepest:
            return tr("No work of a device was started here.")
        key = "device" if self.measure == "device" else "total"
        time = fmt.duration(int(forest.times[key][forest.parent < 0].sum()))
        if self.measure == "device":
            return tr("{time} of device work, by the calls that started it", time=time)
        return tr("{time} on all threads together", time=time)
