"""Bring a version of a model, with what it was judged by, from one environment to the next."""

from __future__ import annotations
