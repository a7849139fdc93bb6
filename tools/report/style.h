// How pages begin, and how they look by day and by night.
#pragma once

namespace dyce {

/// Up to where the title goes. The policy keeps the page from loading or running anything.
inline constexpr const char* kPageHead = R"(<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" lang="en">
<head>
<meta charset="utf-8"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<style>
:root { color-scheme: light dark; --ink: #1c2126; --paper: #fff; --faint: #d8dde2; --soft: #6b747d;
  --estimated: #1767a8; --measured: #b5540b; --final: #9aa3ab; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e7ea; --paper: #15181b; --faint: #353b41; --soft: #98a1a9;
    --estimated: #6db3ec; --measured: #f0a05a; --final: #6b747d; }
}
body { margin: 2rem auto; max-width: 70rem; padding: 0 1rem; font: 15px/1.5 system-ui, sans-serif;
  color: var(--ink); background: var(--paper); }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .6rem; text-align: left; border-bottom: 1px solid var(--faint); }
th { color: var(--soft); font-weight: normal; }
a { color: var(--estimated); }
details { margin: .4rem 0; }
.wide { width: 30%; }
.plot { width: 100%; max-width: 60rem; font-size: 12px; }
.plot text { fill: var(--soft); }
.grid { stroke: var(--faint); }
polyline.estimated { fill: none; stroke: var(--estimated); }
polyline.measured { fill: none; stroke: var(--measured); }
line.measured { stroke: var(--measured); }
line.base { stroke: var(--soft); stroke-dasharray: 5 4; }
.estimated { fill: var(--estimated); color: var(--estimated); }
.measured { fill: var(--measured); color: var(--measured); }
.base { fill: var(--soft); color: var(--soft); }
.shares { display: block; width: 100%; height: .7rem; margin: .15rem 0; fill: var(--final); }
</style>
)";

}  // namespace dyce
