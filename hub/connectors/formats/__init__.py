"""Formats: how rows stand in a file, whoever sends it."""
