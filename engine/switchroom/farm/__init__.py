"""A farm of callees and agents' phones on our own stack: real SIP and RTP, behaviour drawn from a seed.

What every simulated person says is rendered beforehand and carries a marker, so that a recording can be checked
afterwards sample by sample: who spoke, was anything lost, was anybody heard in the wrong call.
"""

from __future__ import annotations
