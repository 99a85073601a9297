"""Tests of the gate's decisions."""
