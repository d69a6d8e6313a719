"""Verbs: what can be done, one file per area; every deed ends in the ledger."""
