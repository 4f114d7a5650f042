"""The law on outbound calls, as far as a dialer keeps it: when to call, how many may be abandoned. Pure."""
