"""Campaigns: whom to dial when, and what came of it. Pure: time, randomness and all I/O are handed in."""
