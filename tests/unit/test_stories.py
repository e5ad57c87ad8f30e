"""What the code relies on in stories/, beyond what Rasa itself checks."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.settings import ROOT

RULES = sorted((ROOT / "stories" / "rules").glob("*.yml"))


@pytest.mark.parametrize("file", RULES, ids=lambda file: file.stem)
def test_each_rule_is_one_message_and_one_action(file: Path) -> None:
    # OneActionProcessor listens after the first action, whatever a rule says next.
    for rule in yaml.safe_load(file.read_text(encoding="utf-8"))["rules"]:
        kinds = [next(iter(step)) for step in rule["steps"]]
        assert kinds == ["intent", "action"], rule["rule"]
