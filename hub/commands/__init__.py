"""What the commands do and how they tell it; hub/__main__.py says which there are."""
