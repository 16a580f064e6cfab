"""The race once more: all sides on one clock, by time or by steps.

Moves only while it plays and can be seen, sixty times a second at most; what
is shown follows from the clock alone, so that no picture has to be caught up.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from string import Template
from typing import cast

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSlider

from diptych.gui.models.compare_replay import Lead, Race, race_of
from diptych.gui.models.selection import Look
from diptych.gui.plots.compare.lanes import LanesPlot, Shown, Tick
from diptych.gui.plots.scale import step_ticks, time_label, time_ticks
from diptych.gui.text import format as fmt
from diptych.gui.text.tr import tr, trn
from diptych.gui.theme import bind_icon, current, manager, scaled
from diptych.gui.views.compare.panel import Panel
from diptych.gui.views.widgets import Elided, Segments, icon_button, label
from diptych.profiling.compare.comparison import Comparison

SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 50.0)
FRAME = 16
"""Milliseconds between pictures at the least."""
_FINE = 10_000
"""Positions of the scrubber."""
_SLIDER = Template(
    "QSlider { min-height: 20px; border: 2px solid transparent; border-radius: 5px; }"
    "QSlider:focus { border-color: $fill; }"
    "QSlider::groove:horizontal { height: 4px; background: $line; border-radius: 2px; }"
    "QSlider::sub-page:horizontal { background: $fill; border-radius: 2px; }"
    "QSlider::handle:horizontal { width: 12px; height: 12px; margin: -4px 0; border-radius: 6px;"
    " background: $knob; }"
)
_STEPS_OF_KEY = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}


class ReplayPanel(Panel):
    """Space plays and pauses; ← and → go to the end of the step before and after.

    ``now`` gives the time in ns of a clock that never goes back.
    """

    def __init__(self, now: Callable[[], int] = time.monotonic_ns) -> None:
        super().__init__(tr("Race replay"))
        self._now = now
        self.race: Race | None = None
        self.clock = 0
        """Where the replay stands, ns of the race."""
        self._begun = (0, 0)
        self.playing = False
        self._timer = QTimer(self)
        self._timer.setInterval(FRAME)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.advance)
        self.lead = Elided(weight=500)
        self.lanes = LanesPlot()
        self.about = label(ink="hint", size=11, wrap=True)
        self.by = Segments([("time", tr("By time")), ("steps", tr("By steps"))], tr("Replay"))
        self._make_foot()
        self.head.addWidget(self.by)
        for widget in (self.lead, self.lanes):
            self.column.addWidget(widget)
        self.column.addLayout(self._foot)
        self.column.addWidget(self.about)
        self.column.addStretch(1)
        self.by.chosen.connect(lambda _key: self._draw())
        manager().changed.connect(self._dress)
        self._dress()
        self.set_comparison(None)

    def _make_foot(self) -> None:
        self.play = icon_button("play", tr("Play"), tr("Space"))
        self.play.clicked.connect(self.toggle)
        self.scrubber = QSlider(Qt.Orientation.Horizontal)
        self.scrubber.setRange(0, _FINE)
        self.scrubber.setPageStep(_FINE // 20)
        self.scrubber.setCursor(Qt.CursorShape.PointingHandCursor)
        self.scrubber.setAccessibleName(tr("Moment of the race"))
        self.scrubber.valueChanged.connect(self._scrub)
        self.moment = label(ink="label")
        self.moment.setMinimumWidth(scaled(120))
        self.moment.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.speed = QComboBox()
        self.speed.setAccessibleName(tr("Speed"))
        for value in SPEEDS:
            self.speed.addItem(f"{value:g}×", value)
        self.speed.setCurrentIndex(SPEEDS.index(1.0))
        self.speed.activated.connect(lambda _at: self._anchor())
        self._foot = QHBoxLayout()
        self._foot.setSpacing(8)
        self._foot.addWidget(self.play)
        self._foot.addWidget(self.scrubber, 1)
        self._foot.addWidget(self.moment)
        self._foot.addWidget(self.speed)

    def _dress(self) -> None:
        """Give the scrubber the colours of the theme."""
        tokens = current()
        self.scrubber.setStyleSheet(
            _SLIDER.substitute(line=tokens.line2, fill=tokens.accent, knob=tokens.text1)
        )

    # -- what is shown ----------------------------------------------------------------

    def set_comparison(
        self, comparison: Comparison | None, looks: Sequence[Look] | None = None
    ) -> None:
        """Show another race, at its end: how it came out; or none."""
        same = comparison is not None and comparison is self.comparison
        self.take(comparison, looks)
        if same:
            self._draw()
            return
        self.pause()
        race = race_of(comparison) if comparison is not None else None
        enough = race is not None and len(race.runners) > 1 and race.steps > 0
        self.race = race if enough else None
        self.explain(self._why_not(comparison, race) if not enough else "")
        self.by.setVisible(enough)
        self.clock = race.length if race is not None and enough else 0
        if race is not None and enough:
            fits = next((s for s in SPEEDS if race.length / 1e9 / s <= 20), SPEEDS[-1])
            self.scrubber.setSingleStep(max(_FINE // race.steps, 1))
            self.speed.setCurrentIndex(max(SPEEDS.index(fits), SPEEDS.index(1.0)))
        self._draw()

    @staticmethod
    def _why_not(comparison: Comparison | None, race: Race | None) -> str:
        if comparison is None or race is None:
            return tr("No comparison is open.")
        reasons = [
            tr("{side}: {why}.", side=lane.label, why=lane.why) for lane in race.lanes if lane.why
        ]
        return " ".join([tr("There is no race to replay."), *reasons])

    def _draw(self) -> None:
        race = self.race
        if race is None:
            return
        steps = self.by.value == "steps"
        lead = race.lead_after(race.step_at(self.clock)) if steps else race.lead(self.clock)
        shown = self._by_steps(race, lead) if steps else self._by_time(race, lead)
        self.lanes.show_lanes(shown, self._ticks(race, steps=steps))
        self.lead.show_text(self._lead_words(race, lead, steps=steps))
        self.moment.setText(self._moment(race, steps=steps))
        self.about.setText(self._about(race))
        with QSignalBlocker(self.scrubber):
            self.scrubber.setValue(round(self.clock / max(race.length, 1) * _FINE))
        if not self.playing:
            self.lanes.tell()

    def _by_time(self, race: Race, lead: Lead) -> list[Shown]:
        made = []
        for at, done in enumerate(race.done(self.clock)):
            lane = race.lanes[at]
            if done is None:
                made.append(Shown(lane.label, self.looks[at], None, lane.why))
                continue
            text = trn("{n} step", "{n} steps", done)
            if done == race.steps:
                text = tr("{steps}, {time}", steps=text, time=fmt.duration(lane.time_of(done)))
            share = done / race.steps
            made.append(Shown(lane.label, self.looks[at], share, text, at == lead.side))
        return made

    def _by_steps(self, race: Race, lead: Lead) -> list[Shown]:
        step = race.step_at(self.clock)
        made = []
        for at, taken in enumerate(race.times(step)):
            lane = race.lanes[at]
            if taken is None:
                made.append(Shown(lane.label, self.looks[at], None, lane.why))
                continue
            share = taken / max(race.length, 1)
            text = fmt.duration(taken)
            made.append(Shown(lane.label, self.looks[at], share, text, at == lead.side))
        return made

    @staticmethod
    def _ticks(race: Race, *, steps: bool) -> list[Tick]:
        if not steps:
            places = step_ticks(0, race.steps, 5)
            shown = [Tick(p / race.steps, f"{round(p):,}") for p in places if p < race.steps * 0.93]
            return [*shown, Tick(1.0, f"{race.steps:,}")]
        long = race.length / 1e9
        return [Tick(p / long, time_label(p, long)) for p in time_ticks(0, long, 5)]

    def _lead_words(self, race: Race, lead: Lead, *, steps: bool) -> str:
        step = race.step_at(self.clock)
        if lead.side is None:
            started = any(race.done(self.clock)[at] for at in race.runners)
            return tr("Level.") if started else tr("At the start.")
        name, ahead = race.lanes[lead.side].label, fmt.duration(lead.ns)
        if steps:
            words = trn(
                "After {n} step {side} is ahead by {time}.",
                "After {n} steps {side} is ahead by {time}.",
                step,
                side=name,
                time=ahead,
            )
        elif self.clock >= race.length:
            words = tr("{side} was first, by {time}.", side=name, time=ahead)
        else:
            words = trn(
                "{side} is ahead by {n} step, or {time}.",
                "{side} is ahead by {n} steps, or {time}.",
                lead.steps,
                side=name,
                time=ahead,
            )
        return words

    def _moment(self, race: Race, *, steps: bool) -> str:
        if steps:
            step = race.step_at(self.clock)
            return tr("step {n:,} of {all:,}", n=step, all=race.steps)
        return tr("{now} of {all}", now=fmt.duration(self.clock), all=fmt.duration(race.length))

    @staticmethod
    def _about(race: Race) -> str:
        if race.approximate:
            return tr(
                "Steps are spread evenly over each turn: only when a turn ended is known alike."
            )
        return tr(
            "The steps that count, one behind the other; parked time is cut out. "
            "The verdict says whether the race would come out so again."
        )

    # -- clock ------------------------------------------------------------------------

    @property
    def factor(self) -> float:
        """How many times as fast as it was."""
        return float(self.speed.currentData())

    @property
    def moving(self) -> bool:
        """Whether pictures are made now."""
        return self._timer.isActive()

    def toggle(self) -> None:
        """Play or pause; at the end from the start."""
        if self.playing:
            self.pause()
        elif self.race is not None:
            if self.clock >= self.race.length:
                self.clock = 0
            self.playing = True
            self._anchor()
            self._show_state()
            self._draw()

    def pause(self) -> None:
        """Stand still."""
        self.playing = False
        self._show_state()
        self.lanes.tell()

    def seek(self, clock: int) -> None:
        """Go to a moment of the race, ns."""
        length = self.race.length if self.race is not None else 0
        self.clock = min(max(clock, 0), length)
        self._anchor()
        self._draw()

    def advance(self) -> None:
        """Go on to where the clock is now."""
        race = self.race
        if race is None or not self.playing:
            return
        since, base = self._begun
        self.clock = min(base + int((self._now() - since) * self.factor), race.length)
        if self.clock >= race.length:
            self.pause()
        self._draw()

    def _anchor(self) -> None:
        """Count from here and now on."""
        self._begun = (self._now(), self.clock)

    def _show_state(self) -> None:
        bind_icon(self.play, "pause" if self.playing else "play")
        name = tr("Pause") if self.playing else tr("Play")
        self.play.setAccessibleName(name)
        self.play.setToolTip(tr("{name} (Space)", name=name))
        if self.playing and self.isVisible():
            self._timer.start()
        else:
            self._timer.stop()

    def _scrub(self, value: int) -> None:
        if self.race is not None:
            self.seek(round(value / _FINE * self.race.length))

    # -- Qt ---------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Go on from where it was left."""
        super().showEvent(event)
        self._anchor()
        self._show_state()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nothing moves that nobody sees."""
        super().hideEvent(event)
        self._timer.stop()

    def event(self, event: QEvent) -> bool:
        """Keep Space: elsewhere in the window it follows the newest step."""
        override = event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent)
        if override and self.race is not None:
            key = Qt.Key(cast("QKeyEvent", event).key())
            if key is Qt.Key.Key_Space or key in _STEPS_OF_KEY:
                event.accept()
                return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Play, pause, and go from step to step."""
        key = Qt.Key(event.key())
        if key is Qt.Key.Key_Space and self.race is not None:
            self.toggle()
        elif key in _STEPS_OF_KEY and self.race is not None:
            self._step(_STEPS_OF_KEY[key])
        else:
            super().keyPressEvent(event)

    def _step(self, way: int) -> None:
        """Go to where the next side completes a step, or the one before."""
        race = self.race
        if race is None:
            return
        wanted = max(race.step_at(self.clock) + way, 0)
        self.seek(max(race.lanes[at].time_of(wanted) for at in race.runners))
