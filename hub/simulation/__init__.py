"""A municipality that behaves: its registers, its people and their disputes in 2025, the same for the same seed."""
