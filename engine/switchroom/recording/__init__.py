"""Recordings as files: where they lie, and whether they are whole."""
