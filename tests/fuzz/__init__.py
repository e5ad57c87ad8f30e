"""Whatever anybody sends to the bot: `python -m tests.fuzz --updates 20000`."""
