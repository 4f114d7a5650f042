"""The people who talk: their states and who of them takes the next call. Pure."""
