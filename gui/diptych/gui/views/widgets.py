"""Small parts that many views share. Labels show plain text only."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolButton,
    QWidget,
)

from diptych.gui.theme import bind_icon, current, font, mono, scale, scaled


def label(
    text: str = "", *, ink: str | None = None, size: int = 12, weight: int = 400, wrap: bool = False
) -> QLabel:
    """Return a label in one of the sheet's inks (label, hint, ok, warning, error, accent)."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setFont(font(size, weight))
    made.setWordWrap(wrap)
    if ink is not None:
        made.setProperty("ink", ink)
    return made


def set_ink(widget: QWidget, ink: str | None) -> None:
    """Give a label another ink."""
    set_property(widget, "ink", ink or "")


def set_property(widget: QWidget, name: str, value: object) -> None:
    """Set a property that the style sheet looks at, and let it look."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


class Elided(QLabel):
    """One line of plain text that is cut with … where there is no room; whole in the tooltip."""

    def __init__(
        self,
        text: str = "",
        *,
        ink: str | None = None,
        size: int = 12,
        weight: int = 400,
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
        fixed: bool = False,
    ) -> None:
        super().__init__()
        self._mode = mode
        self._whole = text
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(mono(size) if fixed else font(size, weight))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        if ink is not None:
            self.setProperty("ink", ink)
        self.show_text(text)

    @property
    def whole(self) -> str:
        """The text without the cut."""
        return self._whole

    def show_text(self, text: str) -> None:
        """Show ``text``, as much as there is room for."""
        self._whole = " ".join(text.split())
        self.updateGeometry()
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cut anew."""
        super().resizeEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        """Ask for little: the text can be cut."""
        return QSize(24, super().minimumSizeHint().height())

    def sizeHint(self) -> QSize:
        """Ask for all of the text."""
        width = self.fontMetrics().horizontalAdvance(self._whole) + 4
        return QSize(width, super().sizeHint().height())

    def _fit(self) -> None:
        text = self.fontMetrics().elidedText(self._whole, self._mode, max(self.width(), 1))
        self.setText(text)
        self.setToolTip(as_tooltip(self._whole) if text != self._whole else "")


class ElidedCombo(QComboBox):
    """As wide as its place: what is chosen is cut in the middle where there is no room."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it; the style would cut the text without a sign."""
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        field = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox,
            option,
            QStyle.SubControl.SC_ComboBoxEditField,
            self,
        )
        room = field.width() - 4
        option.currentText = self.fontMetrics().elidedText(
            self.currentText(), Qt.TextElideMode.ElideMiddle, room
        )
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()


def as_tooltip(text: str) -> str:
    """Return ``text`` so that a tooltip shows it as it is, tags included."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<qt>{escaped}</qt>" if escaped != text else text


def part(widget: QWidget, name: str) -> None:
    """Make ``widget`` one of the sheet's parts of the window, painted by it."""
    widget.setProperty("part", name)
    widget.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)


def hairline(*, vertical: bool = False) -> QFrame:
    """Return a line of one pixel."""
    made = QFrame()
    made.setProperty("part", "vline" if vertical else "hairline")
    return made


def icon_button(icon: str, name: str, key: str = "", *, token: str = "text1") -> QToolButton:  # noqa: S107 - a colour's name
    """Return a button that shows only an icon; ``name`` is told to whoever cannot see it."""
    made = QToolButton()
    made.setProperty("icononly", True)
    made.setAutoRaise(True)
    made.setIconSize(QSize(scaled(16), scaled(16)))
    made.setAccessibleName(name)
    made.setToolTip(f"{name} ({key})" if key else name)
    bind_icon(made, icon, token)
    return made


def link(text: str, name: str | None = None) -> QPushButton:
    """Return a button that looks like a link."""
    made = QPushButton(text)
    made.setProperty("link", True)
    made.setAutoDefault(False)
    made.setFont(font(12, 500))
    made.setCursor(Qt.CursorShape.PointingHandCursor)
    if name is not None:
        made.setAccessibleName(name)
    return made


class Segments(QFrame):
    """A row of choices of which one holds."""

    chosen = Signal(str)

    def __init__(self, choices: Sequence[tuple[str, str]], name: str) -> None:
        super().__init__()
        self.setProperty("segments", True)
        self.setAccessibleName(name)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QPushButton] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(2, 2, 2, 2)
        row.setSpacing(2)
        for key, text in choices:
            button = QPushButton(text)
            button.setCheckable(True)
            # Enter belongs to the button that the dialog is for.
            button.setAutoDefault(False)
            button.setFont(font(12, 500))
            button.setAccessibleName(f"{name}: {text}")
            self._group.addButton(button)
            self._buttons[key] = button
            row.addWidget(button)
            button.clicked.connect(lambda _=False, key=key: self.chosen.emit(key))
        self._buttons[choices[0][0]].setChecked(True)

    @property
    def value(self) -> str:
        """The key that holds."""
        return next(key for key, button in self._buttons.items() if button.isChecked())

    def choose(self, key: str) -> None:
        """Let ``key`` hold, without a signal; an unknown one changes nothing."""
        if key in self._buttons:
            self._buttons[key].setChecked(True)

    def button(self, key: str) -> QPushButton:
        """Return one of the buttons."""
        return self._buttons[key]


def paint_mark(
    painter: QPainter, centre: QPointF, *, square: bool, colour: str, filled: bool = True
) -> None:
    """Draw a run's mark: ● or ■, an outline when the run is not shown."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if filled:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        half = (4.0 if square else 4.6) * scale()
    else:
        painter.setPen(QPen(QColor(colour), 1.3))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        half = (3.6 if square else 4.2) * scale()
    box = QRectF(centre.x() - half, centre.y() - half, 2 * half, 2 * half)
    if square:
        painter.drawRoundedRect(box, 1, 1)
    else:
        painter.drawEllipse(box)
    painter.restore()


class Mark(QWidget):
    """A run's mark as a widget."""

    def __init__(self, *, square: bool = False, colour: str | None = None) -> None:
        super().__init__()
        self._square, self._colour = square, colour
        self.setFixedSize(scaled(14), scaled(14))

    def look(self, *, square: bool, colour: str) -> None:
        """Draw another mark."""
        if (square, colour) != (self._square, self._colour):
            self._square, self._colour = square, colour
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        colour = self._colour or current().text2
        paint_mark(painter, QRectF(self.rect()).center(), square=self._square, colour=colour)
        painter.end()


class Bar(QWidget):
    """How far something is: a thin bar from 0 to 1."""

    def __init__(self, width: int = 70, height: int = 4) -> None:
        super().__init__()
        self._fraction, self._colour = 0.0, ""
        self.setFixedSize(width, height)

    def show_fraction(self, fraction: float, colour: str) -> None:
        """Fill it up to ``fraction`` in ``colour``."""
        if (fraction, colour) != (self._fraction, self._colour):
            self._fraction, self._colour = min(1.0, max(0.0, fraction)), colour
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        radius = self.height() / 2
        painter.setBrush(QColor(current().line2))
        painter.drawRoundedRect(QRectF(self.rect()), radius, radius)
        if self._fraction > 0:
            painter.setBrush(QColor(self._colour or current().accent))
            box = QRectF(0, 0, max(self.width() * self._fraction, 2 * radius), self.height())
            painter.drawRoundedRect(box, radius, radius)
        painter.end()
