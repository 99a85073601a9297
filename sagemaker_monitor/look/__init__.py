"""How pages look: the style sheet that reports and the emulator's pages begin with."""

from __future__ import annotations

from pathlib import Path

STYLE = Path(__file__).parent
"""The folder of `base.css`: palettes, text, tables and badges, for loaders of templates."""
