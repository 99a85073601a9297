"""What can be wrong with a question to the registry."""

from __future__ import annotations


class RegistryError(Exception):
    """The registry has no such version, or what it has is not one of this package's."""
