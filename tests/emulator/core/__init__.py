"""Tests of the emulator's server, protocol, object store and registry."""
