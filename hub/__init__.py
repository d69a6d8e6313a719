"""The hub: one graph over a municipality's disputes, settled outside litigation wherever they can be."""

__version__ = "0.1.0"
