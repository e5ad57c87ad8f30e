"""The real bot in a process of its own, on the wire, against the emulator."""
