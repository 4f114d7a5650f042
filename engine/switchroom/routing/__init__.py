"""Where calls go: routes of incoming calls, trunks of outgoing ones. Pure: time is a parameter."""
