"""Decisions: pure functions over what is known; no I/O, no clock."""
