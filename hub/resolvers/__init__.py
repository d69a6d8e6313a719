"""How a selection is answered: read, plan, fill, answer; generic but for the roots."""
