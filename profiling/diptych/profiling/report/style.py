"""How a report looks: light and dark as the reader's system is, light on paper.

The colours are those of the window.
"""

from __future__ import annotations

from diptych.profiling.report.markup import Piece

LIGHT = {
    "bg": "#FFFFFF", "card": "#FFFFFF", "line": "#E3E6EA", "line2": "#D0D5DC", "grid": "#EEF0F3",
    "text1": "#1A1E24", "text2": "#4A535F", "text3": "#5D6673",
    "accent": "#5B50D6", "ok": "#12713A", "warning": "#875A00", "error": "#B92B27",
    "torch-0": "#B95300", "torch-1": "#CF3D84", "torch-2": "#5F4000",
    "mxnet-0": "#1A6BC4", "mxnet-1": "#00695A", "mxnet-2": "#1D3873",
    "data": "#E9C04A", "forward": "#6CBF92", "backward": "#2A7889", "optimizer": "#D79ACD",
    "other": "#8A94A1",
}  # fmt: skip
DARK = {
    "bg": "#171A1F", "card": "#1C2026", "line": "#252A31", "line2": "#343A44", "grid": "#22272E",
    "text1": "#E7EAEF", "text2": "#A8B0BC", "text3": "#929BA8",
    "accent": "#958CFF", "ok": "#4FBE86", "warning": "#E6B450", "error": "#F27878",
    "torch-0": "#F2993D", "torch-1": "#F792B8", "torch-2": "#F7E7A6",
    "mxnet-0": "#5AAAF5", "mxnet-1": "#22957F", "mxnet-2": "#B9DDF8",
    "data": "#F0D27A", "forward": "#7CC8A0", "backward": "#3E8FA0", "optimizer": "#E3ACDB",
    "other": "#5C6572",
}  # fmt: skip

_RULES = """
*{box-sizing:border-box}
html{color-scheme:light dark;background:var(--bg)}
body{margin:0 auto;padding:32px 24px 64px;max-width:1040px;background:var(--bg);
color:var(--text1);font:14px/1.5 Inter,system-ui,-apple-system,"Segoe UI",sans-serif;
font-variant-numeric:tabular-nums}
h1{font-size:26px;line-height:1.25;font-weight:600;margin:4px 0 8px;text-wrap:balance}
h2{font-size:16px;font-weight:600;margin:40px 0 8px;padding-top:16px;
border-top:1px solid var(--line)}
h3{font-size:13px;font-weight:600;margin:24px 0 4px}
h3 small{font-weight:400;font-size:12px;color:var(--text3);margin-left:4px}
p{margin:6px 0;max-width:76ch;color:var(--text1)}
header p,.note,figcaption{color:var(--text2)}
.kicker{color:var(--text3);font-size:12px}
.wide{overflow-x:auto}
table{border-collapse:collapse;font-size:13px;width:100%;margin:8px 0}
th,td{padding:6px 12px 6px 0;text-align:left;vertical-align:top;
border-bottom:1px solid var(--line)}
thead th{font-size:12px;font-weight:400;color:var(--text2);vertical-align:bottom;
border-bottom-color:var(--line2)}
tbody th{font-weight:500}
td.n,th.n{text-align:right;white-space:nowrap}
th:last-child,td:last-child{padding-right:0}
td{overflow-wrap:anywhere}
.range{color:var(--text2)}
.unknown{color:var(--text3)}
.yes{color:var(--ok)}.no{color:var(--error)}.maybe{color:var(--warning)}
.answer{font-weight:600;white-space:nowrap}
figure{margin:20px 0 28px;break-inside:avoid;overflow-x:auto}
figure svg[role]{display:block;width:100%;min-width:640px;height:auto}
figcaption{font-size:12px;margin-top:2px}
.legend{display:flex;flex-wrap:wrap;gap:4px 20px;font-size:12px;max-width:none;
color:var(--text2)}
.legend span{display:inline-flex;align-items:center;gap:6px}
.chip{width:14px;height:12px;flex:none;display:inline-block;vertical-align:-1px}
.side{display:inline-flex;align-items:baseline;gap:8px}
.narrow table{width:auto}.narrow td,.narrow th{padding-right:36px}
.swatch{background:currentColor;width:10px;height:10px;border-radius:2px;display:inline-block}
svg text{font:11px Inter,system-ui,sans-serif;fill:var(--text3);
font-variant-numeric:tabular-nums}
svg text.name{fill:var(--text1);font-size:12px;font-weight:500}
svg text.label{fill:var(--text2);font-size:12px}
svg text.value{fill:var(--text1);font-size:12px}
.grid{stroke:var(--grid);stroke-width:1}
.base{stroke:var(--line2);stroke-width:1}
.one{stroke:var(--text3);stroke-width:1;stroke-dasharray:4 3}
.joint{stroke:var(--line2);stroke-width:1;fill:none}
.noise{fill:var(--text3);opacity:.14}
.ink{fill:currentColor}
.stroke{fill:none;stroke:currentColor;stroke-linejoin:round}
.area{fill:currentColor;fill-opacity:.22;stroke:currentColor;stroke-width:1}
.turn{fill:currentColor;opacity:.09}
.dots{fill:none;stroke:currentColor;stroke-width:3;stroke-linecap:round;stroke-opacity:.7}
.phase{opacity:.9}
pre{font:12px/1.5 "JetBrains Mono",ui-monospace,monospace;background:var(--grid);padding:10px 12px;
border-radius:6px;white-space:pre-wrap;overflow-wrap:anywhere;margin:4px 0 12px}
code{font:12px "JetBrains Mono",ui-monospace,monospace}
ul{padding-left:20px;max-width:80ch}li{margin:4px 0}
footer{margin-top:48px;font-size:12px;color:var(--text3);border-top:1px solid var(--line);
padding-top:12px}
@media print{body{max-width:none;padding:0;font-size:11px}h1{font-size:20px}h2{break-after:avoid}
h3{break-after:avoid}table{font-size:10px}.wide{overflow:visible}tr{break-inside:avoid}
figure{overflow:visible}figure svg[role]{min-width:0}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
@page{margin:14mm}
"""


def sheet() -> Piece:
    """Return the style sheet. It holds nothing that HTML or XML would read as markup."""
    hues = [name for name in LIGHT if name[-2:] in ("-0", "-1", "-2")]
    phases = ("data", "forward", "backward", "optimizer", "other")
    classes = [f".{hue}{{color:var(--{hue})}}" for hue in hues]
    classes += [f".p-{p}{{fill:var(--{p});background:var(--{p})}}" for p in phases]
    dark = f"@media screen and (prefers-color-scheme:dark){{:root{{{_variables(DARK)}}}}}"
    return Piece(f":root{{{_variables(LIGHT)}}}{dark}{_RULES}{''.join(classes)}")


def _variables(colours: dict[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in colours.items())
