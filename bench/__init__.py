"""Load runs and micro suites: what a telecom engineer runs to check our claims.

`python -m bench [NAME …] [--short] [--json FILE]`. Cost is CPU time (user + system, all threads) of the process under
test over the work it did; offered load, loss and spread stand beside it. Absolute times on shared machines are noise:
compare figures of one run.
"""

from __future__ import annotations
