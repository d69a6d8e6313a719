"""Agencies: one file per record that an agency sends, and the formats below them."""
