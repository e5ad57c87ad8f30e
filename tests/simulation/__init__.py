"""Weeks of check-ins in seconds: real processes, real kills, a clock that is told the time."""
