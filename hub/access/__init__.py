"""Who may: from a token to a viewer, from a viewer's scope to what its statements can see."""
