"""Types that cross the control socket and the embedding API: one module per noun.

All are frozen, keyword-only msgspec structs (msgspec does not inherit kw_only: each class says it). Requests refuse
unknown keys (a typo is a bug); what we send may grow, so clients must ignore keys they do not know. Units stand in
the name: `_ms` durations, `_at_ms` instants (milliseconds since 1970 UTC).
"""

from __future__ import annotations
