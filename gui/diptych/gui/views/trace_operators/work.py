"""Makes the forests of the operators view beside the GUI's thread, the latest wish first."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from diptych.gui.models import jobs
from diptych.gui.models.trace_operators import By, Forest, Wish
from diptych.gui.models.trace_scene import Scene
from diptych.gui.text.tr import tr

_KEPT = 12


def icicle_wish(wish: Wish) -> Wish:
    """Return the tree that the icicle shows beside a table."""
    by: By = wish.by if wish.by in ("module", "stack") else "operator"
    return Wish(by, True, wish.stretch)


class Forests(QObject):
    """``made`` tells the forest of the table and that of the icicle."""

    made = Signal(object, object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._scene: Scene | None = None
        self._wish = Wish()
        self._known: dict[Wish, Forest] = {}
        self._busy = False

    def ask(self, scene: Scene, wish: Wish) -> None:
        """Ask for what a view shows; at once if it was made before, else soon."""
        if scene is not self._scene:
            self._scene, self._known = scene, {}
        self._wish = wish
        table, icicle = self._known.get(wish), self._known.get(icicle_wish(wish))
        if table is not None and icicle is not None:
            self.made.emit(table, icicle)
        elif not self._busy:
            self._start(scene, wish)

    def _start(self, scene: Scene, wish: Wish) -> None:
        from diptych.gui.models.trace_operators_build import make_forest

        known = dict(self._known)

        def work() -> dict[Wish, Forest]:
            wanted = {wish, icicle_wish(wish)}
            return {one: known.get(one) or make_forest(scene, one) for one in wanted}

        self._busy = True
        jobs.start(self, work, lambda done: self._done(scene, done), self._failed)

    def _done(self, scene: Scene, made: dict[Wish, Forest]) -> None:
        self._busy = False
        if scene is self._scene:
            self._known.update(made)
            for old in list(self._known)[:-_KEPT]:
                del self._known[old]
        if self._scene is not None:
            self.ask(self._scene, self._wish)

    def _failed(self, error: Exception) -> None:
        self._busy = False
        scene, wish = self._scene, self._wish
        if scene is None:
            return
        from diptych.gui.models.trace_operators_build import empty

        why = tr("This cannot be summed up: {why}", why=f"{type(error).__name__}: {error}")
        nothing = empty(scene, wish, why)
        self.made.emit(nothing, nothing)
