"""Tests of pipelines and their executions."""
