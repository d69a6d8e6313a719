"""The demo: a municipality that is made on the spot, served while its days pass."""
