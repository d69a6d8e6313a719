"""Measurements of the hub; see docs/PERFORMANCE.md for what came out."""
