"""When a model has to be trained again: the sources decide."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import training

SOURCES = (
    "nlu/config.yml",
    "nlu/data/concerns.yml",
    "nlu/data/deeper/more.yml",
    "nlu/components/classifier.py",
    "nlu/normalise.py",
    "nlu/spelling.py",
    "nlu/style/train_more.yml",
    "stories/domain/coaching.yml",
    "stories/rules/conversation.yml",
    "stories/stories/episodes.yml",
)
OTHER_FILES = (
    "content/tips.yml",
    "content/messages.yml",
    "nlu/lexicon.yml",
    "nlu/lexicon.py",
    "nlu/facts.py",
    "nlu/policies/coaching.py",
    "bot/skills/coaching.py",
    "README.md",
    "nlu/data/notes.txt",
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (*SOURCES, *OTHER_FILES):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {name}\n")
    monkeypatch.setattr(training, "ROOT", tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", SOURCES)
def test_a_change_of_a_source_asks_for_a_new_model(project: Path, name: str) -> None:
    before = training.fingerprint()
    (project / name).write_text("# other\n")
    assert training.fingerprint() != before


@pytest.mark.parametrize("name", OTHER_FILES)
def test_a_change_of_anything_else_does_not(project: Path, name: str) -> None:
    before = training.fingerprint()
    (project / name).write_text("# other\n")
    assert training.fingerprint() == before


def test_a_new_a_lost_and_a_renamed_source_ask_for_a_new_model(project: Path) -> None:
    seen = [training.fingerprint()]
    new = project / "nlu/data/new.yml"
    new.write_text("# new\n")
    seen.append(training.fingerprint())
    new.rename(project / "nlu/data/renamed.yml")
    seen.append(training.fingerprint())
    (project / "nlu/data/concerns.yml").unlink()
    seen.append(training.fingerprint())
    assert len(set(seen)) == 4


def test_words_that_move_from_one_file_to_the_next_are_a_change(project: Path) -> None:
    one, two = project / "nlu/data/a.yml", project / "nlu/data/b.yml"
    one.write_text("xy")
    two.write_text("z")
    before = training.fingerprint()
    one.write_text("x")
    two.write_text("yz")
    assert training.fingerprint() != before


def test_the_date_of_a_file_does_not_matter(project: Path) -> None:
    before = training.fingerprint()
    (project / SOURCES[0]).touch()
    assert training.fingerprint() == before


def test_every_pattern_of_the_sources_finds_a_real_file_or_is_still_empty() -> None:
    empty = [p for p in training.SOURCES if not list(training.ROOT.glob(p))]
    assert set(empty) <= {"stories/stories/*.yml"}


def test_every_file_that_rasa_trains_on_is_a_source() -> None:
    trained = {training.ROOT / training.CONFIG}
    for name in (training.DOMAIN, *training.TRAINING_DATA):
        trained |= set((training.ROOT / name).rglob("*.yml"))
    sources = {path for pattern in training.SOURCES for path in training.ROOT.glob(pattern)}
    assert trained <= sources


def test_a_model_of_these_sources_is_found_and_not_trained_again(
    project: Path, tmp_path: Path
) -> None:
    models = tmp_path / "models"
    models.mkdir()
    assert training.trained_model(models) is None
    path = models / f"tevoet-{training.fingerprint()}.tar.gz"
    path.write_bytes(b"model")
    stages: list[str] = []
    assert training.train(models, stages.append) == path
    assert stages == [], "nothing was trained"


def test_a_model_of_other_sources_is_not_taken(project: Path, tmp_path: Path) -> None:
    (tmp_path / "tevoet-0123456789abcdef.tar.gz").write_bytes(b"model")
    assert training.trained_model(tmp_path) is None
