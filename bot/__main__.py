"""`python -m bot` is `tevoet`."""

from bot.cli import main

main()
