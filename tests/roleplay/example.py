"""The example of docs/scenarios.md, as a file that may be spoilt."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

import yaml

from bot.content import CONTENT_DIR
from bot.content_files import read_file
from bot.roleplay.play import Case
from bot.roleplay.scenario import Scenario, StyleFile, StyleInfo
from bot.settings import ROOT

_DOCS = (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")
TEXT = next(iter(re.findall(r"```yaml\n(.*?)```", _DOCS, re.DOTALL)))
_RAW = yaml.safe_load(TEXT)
STYLES: Mapping[str, StyleInfo] = read_file(CONTENT_DIR, "styles.yml", StyleFile).by_name


def raw() -> dict[str, Any]:
    """A fresh copy of the example, to change before reading it."""
    return copy.deepcopy(_RAW)


def scenario(changed: dict[str, Any] | None = None) -> Scenario:
    """The example as the program reads it."""
    return Scenario.model_validate(changed or raw())


def case(changed: dict[str, Any] | None = None) -> Case:
    """The rules of its one seat."""
    return Case.of(scenario(changed), "noor", STYLES)
