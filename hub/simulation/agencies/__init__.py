"""Agencies: what each of their systems sees of a municipality's disputes, the files it writes, and what they mean."""
