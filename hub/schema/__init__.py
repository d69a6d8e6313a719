"""Nouns: what exists, declared once."""
