"""Runs several rasa commands in one process: importing Rasa takes longer than most of them.

Reads a JSON object from standard input, {name: [words after "rasa"]}; each command's output goes
to {name}.log in the folder that is the first argument, and its exit code to {name}.code.
"""

import contextlib
import json
import sys
from pathlib import Path

from rasa.__main__ import main

folder = Path(sys.argv[1])
for name, words in json.load(sys.stdin).items():
    code: object = 0
    with (
        (folder / f"{name}.log").open("w", encoding="utf-8") as log,
        contextlib.redirect_stdout(log),
        contextlib.redirect_stderr(log),
    ):
        sys.argv = ["rasa", *words]
        try:
            main()
        except SystemExit as ended:
            code = ended.code or 0
    (folder / f"{name}.code").write_text(str(code), encoding="utf-8")
