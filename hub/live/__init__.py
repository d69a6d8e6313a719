"""ANSWERS THAT CHANGE: the follower of the log, cursors, streams, evidence of what was given."""
