"""How the report looks: on a screen, in the dark, on a phone, on paper."""

from __future__ import annotations

STYLE = """
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#57606a;--line:#d0d7de;--back:#fff;--band:#f6f8fa;
--link:#0550ae;--bar:#57606a;--against:#a40e26;--favour:#0b5c2e}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9da7b3;--line:#3d444d;--back:#0d1117;
--band:#161b22;--link:#79b8ff;--bar:#9da7b3;--against:#ff9492;--favour:#6fdd8b}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--ink);
font:1rem/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
header,main,nav,footer{max-width:62rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:2rem}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 .5rem;overflow-wrap:anywhere}
h2{font-size:1.35rem;margin:2.5rem 0 .5rem;padding-top:1rem;border-top:1px solid var(--line)}
h3{font-size:1.1rem;margin:2rem 0 .5rem;overflow-wrap:anywhere}
p{max-width:46rem;margin:.5rem 0}
a{color:var(--link)}
a:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.skip{position:absolute;left:-99rem}
.skip:focus{left:1rem;top:1rem;background:var(--back);padding:.5rem}
nav ul{margin:.5rem 0;padding-left:1.2rem;overflow-wrap:anywhere}
nav ul ul{columns:18rem;margin:0}
dl{display:grid;grid-template-columns:minmax(9rem,auto) 1fr;gap:.25rem 1.5rem;margin:1rem 0}
dt{color:var(--soft)}
dd{margin:0;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;margin:.5rem 0 1rem}
caption{text-align:left;color:var(--soft);padding:.25rem 0}
th,td{text-align:left;vertical-align:top;padding:.35rem .75rem .35rem 0;border-bottom:1px solid var(--line)}
thead th{color:var(--soft);font-weight:600}
tbody th{font-weight:400;overflow-wrap:anywhere}
.value{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.short{font-weight:600}
.none{color:var(--soft);white-space:normal;text-align:left}
.bar{width:9rem}
.bar svg{display:block;width:100%;height:1.1rem}
.bar line{stroke:var(--line)}
.bar rect{fill:var(--bar)}
.against,.against rect{color:var(--against);fill:var(--against)}
.favour,.favour rect{color:var(--favour);fill:var(--favour)}
.wide{width:55%}
.soft{color:var(--soft)}
footer{color:var(--soft);margin:3rem auto 2rem;border-top:1px solid var(--line);padding-top:1rem}
@media (max-width:40rem){dl{display:block}dd{margin-bottom:.5rem}.bar:not(.wide){display:none}
th,td{padding-right:.4rem}.wide{width:40%}}
@media print{:root{--ink:#000;--soft:#444;--line:#bbb;--back:#fff;--link:#000;--bar:#666;--against:#8a0c20;
--favour:#0b5c2e}body{font-size:9.5pt}header,main,nav,footer{max-width:none;padding:0}.skip{display:none}
h2,h3,caption,thead{break-after:avoid}tr,dt,dd{break-inside:avoid}
.bar rect{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
"""
