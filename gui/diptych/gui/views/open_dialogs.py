"""The dialogs of a window that are open, by name."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog


class OpenDialogs:
    """The same dialog is never open twice."""

    def __init__(self) -> None:
        self._open: dict[str, QDialog] = {}

    def show(self, name: str, dialog: QDialog) -> None:
        """Show ``dialog`` in place of the one of that name; it goes when it is closed."""
        before = self._open.pop(name, None)
        if before is not None:
            before.close()
        self._open[name] = dialog
        dialog.finished.connect(lambda _: self._gone(name, dialog))
        dialog.open()

    def _gone(self, name: str, dialog: QDialog) -> None:
        if self._open.get(name) is dialog:
            del self._open[name]
        dialog.deleteLater()

    def get(self, name: str) -> QDialog | None:
        """Return the dialog that is open under that name."""
        return self._open.get(name)
