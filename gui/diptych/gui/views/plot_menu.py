"""Pictures of the plots: to a file or to the clipboard, and the menu that offers it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QObject, QPoint
from PySide6.QtGui import QAction, QGuiApplication, QImage, QImageWriter
from PySide6.QtWidgets import QFileDialog, QMenu, QMessageBox

from diptych.gui.plots.picture import Heading, picture_of
from diptych.gui.plots.row import Row
from diptych.gui.text.runs import setup
from diptych.gui.text.tr import tr
from diptych.gui.theme import font

if TYPE_CHECKING:
    from diptych.gui.views.live import LiveView


class PlotMenu(QObject):
    """The context menu of the plots of one live view."""

    def __init__(self, view: LiveView) -> None:
        super().__init__(view)
        self._view = view

    def open(self, row: Row, at: QPoint) -> None:
        """Offer what can be done with ``row``, at a global position."""
        menu = self.make(row)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(at)

    def make(self, row: Row) -> QMenu:
        """Return the menu of ``row``."""
        menu = QMenu(self._view)
        menu.setFont(font())
        for text, act in (
            (tr("Save this plot as PNG…"), lambda: self.ask_and_save([row])),
            (tr("Copy this plot"), lambda: self.copy([row])),
            (None, None),
            (tr("Save all plots as PNG…"), lambda: self.ask_and_save(None)),
            (tr("Copy all plots"), lambda: self.copy(None)),
            (None, None),
            (tr("Show everything"), self._view.time.fit),
            (tr("Fold this plot"), row.toggle),
        ):
            if text is None or act is None:
                menu.addSeparator()
                continue
            action = QAction(text, menu)
            action.triggered.connect(lambda _=False, act=act: act())
            menu.addAction(action)
        return menu

    def rows(self) -> list[Row]:
        """Return the plots that are shown and not folded."""
        return [row for row in self._view.rows.values() if not row.isHidden() and not row.folded]

    def image(self, rows: list[Row] | None = None) -> QImage:
        """Return the picture of ``rows``, of all that are shown when ``None``."""
        shown = self._view.shown()
        headings = []
        for run in shown:
            request = run.snapshot.manifest.request if run.snapshot.manifest else None
            parts = (run.snapshot.id, setup(request))
            headings.append(
                Heading(run.name, " · ".join(p for p in parts if p), run.colour, run.mark)
            )
        return picture_of(rows or self.rows(), self._view.time, headings)

    def copy(self, rows: list[Row] | None = None) -> None:
        """Put the picture on the clipboard."""
        QGuiApplication.clipboard().setImage(self.image(rows))

    def save(self, path: Path, rows: list[Row] | None = None) -> bool:
        """Write the picture; return whether it was written."""
        writer = QImageWriter(str(path), QByteArray(b"png"))
        return writer.write(self.image(rows))

    def ask_and_save(self, rows: list[Row] | None = None) -> None:
        """Ask for a file and write the picture."""
        shown = self._view.selection.shown
        stem = Path(shown[0]).name if len(shown) == 1 else "runs"
        name = f"{stem}-{rows[0].key if rows else 'plots'}.png"
        chosen, _ = QFileDialog.getSaveFileName(
            self._view, tr("Save the picture"), str(Path.home() / name), "PNG (*.png)"
        )
        if chosen and not self.save(Path(chosen), rows):
            QMessageBox.warning(
                self._view,
                tr("Save the picture"),
                tr("{path} cannot be written. Choose another folder.", path=chosen),
            )
