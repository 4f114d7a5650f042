"""The shell around the policy: sockets, clocks, tasks."""
