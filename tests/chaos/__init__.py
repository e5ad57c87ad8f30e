"""Everything goes wrong at once, and nothing is lost: `python -m tests.chaos`.

People talk to the real bot process in rounds: a message or a press of each, then until all is
answered. What they do is decided in a run without faults and done again in one with faults, with
the same ids of updates; then both databases and all that people got to read are compared.
"""
