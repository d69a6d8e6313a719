"""Time: one file per job; its name is the file's."""
