"""The forms that files come in; each is written with the standard library alone."""
