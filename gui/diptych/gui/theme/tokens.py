"""The colours of the window, dark and light, and the measures of its layout.

Plain data without Qt. Colours are ``#RRGGBB``. The pairs were measured: see
the contrast test. Only ``torch[0]`` and ``mxnet[0]`` may colour text, on
``bg1`` and ``bg2``; elsewhere a colour belongs to a mark, not to a word.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tokens:
    """One theme.

    ``bg0`` window, ``bg1`` panel, ``bg2`` card, ``bg3`` hover. ``line1``
    hairline, ``line2`` border, ``line3`` strong. ``text1`` values, ``text2``
    labels, ``text3`` hints. ``torch`` and ``mxnet`` are the colours of runs 1–3.
    ``phases`` is in the order of ``records.kinds.PHASES``.
    """

    name: str
    dark: bool
    bg0: str
    bg1: str
    bg2: str
    bg3: str
    field: str
    selection: str
    line1: str
    line2: str
    line3: str
    grid: str
    text1: str
    text2: str
    text3: str
    text_off: str
    accent: str
    accent_fill: str
    accent_hover: str
    on_accent: str
    ok: str
    warning: str
    error: str
    torch: tuple[str, str, str]
    mxnet: tuple[str, str, str]
    phases: tuple[str, str, str, str, str]
    families: dict[str, str]

    def run_colour(self, framework: str | None, index: int) -> str:
        """Return the colour of the run shown as number ``index`` of its framework, from 0."""
        hues = self.mxnet if framework == "mxnet" else self.torch
        return hues[index % len(hues)]


DARK = Tokens(
    name="dark",
    dark=True,
    bg0="#121417",
    bg1="#171A1F",
    bg2="#1C2026",
    bg3="#262B33",
    field="#1A1D23",
    selection="#2B2F45",
    line1="#252A31",
    line2="#343A44",
    line3="#4A525E",
    grid="#22272E",
    text1="#E7EAEF",
    text2="#A8B0BC",
    text3="#929BA8",
    text_off="#565E6A",
    accent="#958CFF",
    accent_fill="#655AD9",
    accent_hover="#6F65E0",
    on_accent="#FFFFFF",
    ok="#4FBE86",
    warning="#E6B450",
    error="#F27878",
    torch=("#F2993D", "#F792B8", "#F7E7A6"),
    mxnet=("#5AAAF5", "#22957F", "#B9DDF8"),
    phases=("#F0D27A", "#7CC8A0", "#3E8FA0", "#E3ACDB", "#5C6572"),
    families={
        "conv": "#3E8FA0",
        "matmul": "#6B8BD6",
        "norm": "#7CC8A0",
        "elementwise": "#D9BE72",
        "pool": "#8E9A48",
        "copy": "#99A3B0",
        "optimizer": "#E3ACDB",
        "comm": "#D98C7A",
        "other": "#4C545F",
    },
)

LIGHT = Tokens(
    name="light",
    dark=False,
    bg0="#F3F4F6",
    bg1="#FFFFFF",
    bg2="#FFFFFF",
    bg3="#E8EAEE",
    field="#FFFFFF",
    selection="#E6E4FA",
    line1="#E3E6EA",
    line2="#D0D5DC",
    line3="#A9B1BC",
    grid="#EEF0F3",
    text1="#1A1E24",
    text2="#4A535F",
    text3="#5D6673",
    text_off="#A3ABB6",
    accent="#5B50D6",
    accent_fill="#5B50D6",
    accent_hover="#4F45C4",
    on_accent="#FFFFFF",
    ok="#12713A",
    warning="#875A00",
    error="#B92B27",
    torch=("#B95300", "#CF3D84", "#5F4000"),
    mxnet=("#1A6BC4", "#00695A", "#1D3873"),
    phases=("#E9C04A", "#6CBF92", "#2A7889", "#D79ACD", "#8A94A1"),
    families={
        "conv": "#2A7889",
        "matmul": "#4A6DB8",
        "norm": "#6CBF92",
        "elementwise": "#DDB64C",
        "pool": "#7F8C3A",
        "copy": "#8792A0",
        "optimizer": "#D79ACD",
        "comm": "#CF7662",
        "other": "#C3C9D1",
    },
)

HEADER = 44
TABS = 37
STATUS = 26
CONTROL = 28
ROW = 26
ROW_TALL = 44
SIDEBAR = 244
PANEL = 276
SPACE = (4, 8, 12, 16, 24)
