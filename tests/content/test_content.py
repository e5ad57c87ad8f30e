"""The content check: the real copy is in order, and every kind of mistake is found."""

from __future__ import annotations

import re
import shutil
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.content import CONTENT_DIR, Content, load
from bot.content_check import DOMAIN_DIR, Problem, check
from bot.content_files import ContentError, read_file
from bot.tone import Tone

# The bot itself starts without it.
ONLY_FOR_THE_CHECK = "tone.yml"


@dataclass
class Copy:
    """A copy of the content and the domain, to make mistakes in."""

    folder: Path
    domain: Path

    def problems(self) -> list[Problem]:
        return check(self.folder, self.domain)

    def lines(self, file: str) -> list[str]:
        return (self.folder / file).read_text(encoding="utf-8").split("\n")

    def write(self, file: str, lines: list[str]) -> None:
        (self.folder / file).write_text("\n".join(lines), encoding="utf-8")

    def find(self, file: str, pattern: str, start: int = 0) -> int:
        """The index of the first line that matches."""
        lines = self.lines(file)
        return next(i for i in range(start, len(lines)) if re.search(pattern, lines[i]))

    def insert(self, file: str, after: str, text: str) -> int:
        """Put a line after the first one that matches; its number, from 1."""
        lines, place = self.lines(file), self.find(file, after) + 1
        self.write(file, [*lines[:place], text, *lines[place:]])
        return place + 1

    def change(self, file: str, pattern: str, by: str) -> int:
        """Change the first line that matches; its number, from 1."""
        lines, place = self.lines(file), self.find(file, pattern)
        lines[place] = re.sub(pattern, by, lines[place], count=1)
        self.write(file, lines)
        return place + 1

    def append(self, file: str, *text: str) -> int:
        """Put lines at the end; the number of the first of them, from 1."""
        lines = "\n".join(self.lines(file)).rstrip("\n").split("\n")
        self.write(file, [*lines, *text, ""])
        return len(lines) + 1

    def reword(self, text: str) -> int:
        """Add a wording to a message; its line."""
        heading = self.find("messages.yml", r"^  goodbye:$")
        lines, place = self.lines("messages.yml"), heading + 2
        assert lines[heading + 1] == "    variants:"
        self.write("messages.yml", [*lines[:place], f"      - {text}", *lines[place:]])
        return place + 1


def make_copy(folder: Path) -> Copy:
    shutil.copytree(CONTENT_DIR, folder / "content")
    shutil.copytree(DOMAIN_DIR, folder / "domain")
    return Copy(folder / "content", folder / "domain")


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """The real content, where it may be spoilt."""
    return make_copy(tmp_path)


def test_the_real_content_is_in_order() -> None:
    assert [str(problem) for problem in check()] == []


def test_a_copy_of_it_is_in_order_too(copy: Copy) -> None:
    assert copy.problems() == []


def test_a_problem_is_told_with_file_line_and_cause(copy: Copy) -> None:
    line = copy.reword("Dag <b>jij.")
    [problem] = copy.problems()
    assert str(problem).startswith(f"content/messages.yml:{line}: the tags")


# --- mistakes in a text: each is one wording of one message -----------------------

LONG = " ".join(["dag"] * 16)
HARD = (
    "De verantwoordelijkheidsverdeling binnen communicatieprocessen veronderstelt "
    "onvoorwaardelijke betrouwbaarheid. "
)


BAD_TEXTS = [
    ('"Dag {naam}."', r"\{naam\} is not filled in here"),
    ('"Dag {title}."', r"\{title\} is not filled in here"),
    ('"Dag <b>jij."', r"the tags are not right"),
    ('"Dag <b><i>jij</b></i>."', r"the tags are not right"),
    ('"Dag <u>jij</u>."', r"the tags are not right"),
    ("\"Dag <b class='x'>jij</b>.\"", r"the tags are not right"),
    ('"Dag </b>jij."', r"the tags are not right"),
    ('"Jij & ik."', r"write & as &amp;"),
    ('"Jij &nbsp; ik."', r"write & as &amp;"),
    (f'"{LONG}."', r"a sentence is too long"),
    (f'"{HARD * 5}"', r"hard to read"),
    (f'"{"Dag jij. " * 500}"', r"too long for Telegram"),
    ('""', r"is empty"),
    ('"  "', r"is empty"),
    ('"Dag {."', r"brace"),
    ('"Dag }."', r"brace"),
    ('"Dag {}."', r"brace"),
    ('"Dag {0}."', r"brace"),
    ('"Dag {other.naam}."', r"brace"),
    ('"Dag {other!x}."', r"brace"),
    ('"Dag {other:>9z}."', r"brace"),
    ('"Je moet nu eerst praten."', r"not ordered: Je moet"),
    ('"Dat is jouw schuld."', r"blames somebody: jouw schuld"),
    ('"Zij luistert ook nooit."', r"absolute about a person"),
    ('"Je bent altijd zo snel boos."', r"absolute about"),
    ('"Misschien is hij een narcist."', r"names a diagnosis: narcist"),
    ('"Gebruik een ik-boodschap."', r"jargon: ik-boodschap"),
]
# What would be a mistake by itself and is right here.
GOOD_TEXTS = [
    "Je kunt zeggen: ‘je moet niet zo boos doen’.",
    "Je kunt altijd terugkomen.",
    "Het is niet jouw schuld.",
]


@pytest.fixture(scope="module")
def problems_of_texts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What is told of each bad text, all of them in one copy, and checked once."""
    copy = make_copy(tmp_path_factory.mktemp("texts"))
    for text, _ in BAD_TEXTS:
        copy.reword(text)
    lines = copy.lines("messages.yml")
    told: dict[str, list[str]] = {text: [] for text, _ in BAD_TEXTS}
    for problem in copy.problems():
        assert problem.file == "content/messages.yml"
        told[lines[problem.line - 1].removeprefix("      - ")].append(problem.text)
    return told


@pytest.mark.parametrize(("text", "cause"), BAD_TEXTS)
def test_a_mistake_in_a_text_is_found(
    problems_of_texts: dict[str, list[str]], text: str, cause: str
) -> None:
    assert [problem for problem in problems_of_texts[text] if re.search(cause, problem)]


@pytest.mark.parametrize("text", GOOD_TEXTS)
def test_what_only_looks_like_a_mistake_of_tone_is_left_alone(text: str) -> None:
    tone = read_file(CONTENT_DIR, "tone.yml", Tone)
    assert list(tone.faults(text)) == []


def test_a_message_is_short(content: Content) -> None:
    """Half of what is said by itself fits in 350 characters, buttons aside."""
    said = [text for message in content.messages.values() for text in message.variants]
    said += [tip.words("message", side) for tip in content.tips for side in ("hurt", "breaker")]
    assert statistics.median(map(len, said)) < 350
    # A tip as it is given: title, message and step.
    tips = [
        len(tip.title + tip.words("message", side) + tip.words("step", side))
        for tip in content.tips
        for side in ("hurt", "breaker")
    ]
    assert statistics.median(tips) < 350


def test_there_is_enough_to_say(content: Content) -> None:
    assert len(content.concerns) == 22
    assert len(content.tips) == len(content.exercises) == 15
    few = [
        f"{name}: {len(said)} {what}"
        for least, what, counted in (
            (8, "reflections", {n: c.reflections for n, c in content.concerns.items()}),
            (4, "questions", {n: c.questions for n, c in content.concerns.items()}),
            (6, "questions", {tip.id: tip.questions for tip in content.tips}),
        )
        for name, said in counted.items()
        if len(said) < least
    ]
    assert few == []


# --- other mistakes ---------------------------------------------------------------

Mistake = Callable[[Copy], int]
MISTAKES: dict[str, tuple[str, Mistake, str]] = {
    "a field that does not exist": (
        "tips.yml",
        lambda copy: copy.insert("tips.yml", r"^    number: 1$", "    colour: blauw"),
        r"colour: Extra inputs",
    ),
    "a field that is missing": (
        "tips.yml",
        lambda copy: copy.change("tips.yml", r"^    title: .*", "") - 2,
        r"title: Field required",
    ),
    "a value of the wrong kind": (
        "tips.yml",
        lambda copy: copy.change("tips.yml", r"^    number: 1$", "    number: een"),
        r"number: Input should be a valid integer",
    ),
    "a message that nothing says": (
        "messages.yml",
        lambda copy: copy.append("messages.yml", "  never_said:", "    variants:", "      - Dag."),
        r"never_said is not used",
    ),
    "a safety message that nothing says": (
        "safety.yml",
        lambda copy: copy.append("safety.yml", "  never_said:", "    variants:", "      - Dag."),
        r"never_said is not used",
    ),
    "a message without words": (
        "messages.yml",
        lambda copy: copy.append("messages.yml", "  never_said:", "    variants: []") + 1,
        r"never_said\.variants: ",
    ),
    "a key that stands there twice": (
        "messages.yml",
        lambda copy: copy.append("messages.yml", "  goodbye: {variants: [Dag.]}"),
        r"'goodbye' stands here twice",
    ),
    "a key that stands twice within a tip": (
        "tips.yml",
        lambda copy: copy.insert("tips.yml", r"^    number: 1$", "    number: 2"),
        r"'number' stands here twice",
    ),
    "a line that is no YAML": (
        "messages.yml",
        lambda copy: copy.insert("messages.yml", r"^  goodbye:$", "\tvariants: [Dag]"),
        r".",
    ),
    "a concern that no intent knows": (
        "tips.yml",
        lambda copy: copy.insert("tips.yml", r"^    helps_with:$", "      never_heard: 0.5"),
        r"never_heard is no concern",
    ),
    "a concern that no intent knows, for later": (
        "tips.yml",
        lambda copy: copy.change("tips.yml", r"not_first_for: \[.*\]", "not_first_for: [zzz]"),
        r"zzz is no concern",
    ),
    "a weight over one": (
        "tips.yml",
        lambda copy: copy.change(
            "tips.yml", r"^      feel_mistrust: .*", "      feel_mistrust: 1.5"
        ),
        r"1\.5 is not between 0 and 1",
    ),
    "a weight under zero": (
        "tips.yml",
        lambda copy: copy.change(
            "tips.yml", r"^      feel_mistrust: .*", "      feel_mistrust: -1"
        ),
        r"-1\.0 is not between 0 and 1",
    ),
    "a red flag that does not exist": (
        "tips.yml",
        lambda copy: copy.change("tips.yml", r"unsafe_when: \[suicide", "unsafe_when: [weather"),
        r"unsafe_when\.0: Input should be",
    ),
    "tips out of order": (
        "tips.yml",
        lambda copy: copy.change("tips.yml", r"^    number: 3$", "    number: 4") and 0,
        r"not numbered 1 to 15",
    ),
    "a short title that is too long": (
        "tips.yml",
        lambda copy: copy.change("tips.yml", r"^    short: .*", f"    short: {'x' * 25}"),
        r"too long for a button",
    ),
    "a sentence of a tip that is too long": (
        "tips.yml",
        lambda copy: (
            copy.change("tips.yml", r"^      - id: .*", "      - id: begin_bij_jezelf.x")
            and copy.change("tips.yml", r"^        text: .*", f"        text: {LONG}?") - 1
        ),
        r"a sentence is too long",
    ),
    "a label of a concern that is too long": (
        "concerns.yml",
        lambda copy: copy.change("concerns.yml", r'^    label: ".*"', f'    label: "{"x" * 29}"'),
        r"label is too long",
    ),
    "a concern that is no intent": (
        "concerns.yml",
        lambda copy: copy.change("concerns.yml", r"^  blame:$", "  blaming:"),
        r"blaming is no intent",
    ),
    "{other} where nobody may be known": (
        "concerns.yml",
        lambda copy: copy.change("concerns.yml", r", needs: relation\}", "}"),
        r"uses \{other\} when, and only when",
    ),
    "a known relation that is not used": (
        "concerns.yml",
        lambda copy: copy.change("concerns.yml", r'(\{text: "[^{}"]*")\}', r"\1, needs: relation}"),
        r"uses \{other\} when, and only when",
    ),
    "a question id that is used twice": (
        "concerns.yml",
        lambda copy: copy.change(
            "concerns.yml", r"id: feel_mistrust\.fear", "id: feel_mistrust.moment"
        ),
        r"feel_mistrust\.moment is used twice",
    ),
    "a question id of a tip in a concern": (
        "concerns.yml",
        lambda copy: copy.change("concerns.yml", r"id: feel_mistrust\.fear", "id: geef_toe.bang"),
        r"geef_toe\.bang is used twice",
    ),
    "a button with too long a label": (
        "messages.yml",
        lambda copy: copy.change("messages.yml", r'label: "[^"]*"', f'label: "{"x" * 29}"'),
        r"label is too long",
    ),
    "a button that means nothing": (
        "messages.yml",
        lambda copy: copy.change("messages.yml", r'press: "coach:tip"', 'press: "coach:dance"'),
        r"press means nothing: coach:dance",
    ),
    "a button for a skill that is not there": (
        "messages.yml",
        lambda copy: copy.change("messages.yml", r'press: "coach:tip"', 'press: "dance:tip"'),
        r"press means nothing: dance:tip",
    ),
    "a button for an intent that is not there": (
        "messages.yml",
        lambda copy: copy.change("messages.yml", r'press: "coach:tip"', 'press: "mean:dance"'),
        r"press means nothing: mean:dance",
    ),
    "a safety button that means nothing": (
        "safety.yml",
        lambda copy: copy.change("safety.yml", r'press: "safety:safe"', 'press: "safety:dance"'),
        r"press means nothing: safety:dance",
    ),
    "a button that leaves no room for a tip": (
        "messages.yml",
        lambda copy: copy.change("messages.yml", r'press: "coach:tip"', f'press: "tip:{"x" * 40}"'),
        r"no room for a tip",
    ),
    "a help line for a kind that is not there": (
        "helplines.yml",
        lambda copy: copy.change("helplines.yml", r"kinds: \[", "kinds: [weather, ") - 4,
        r"weather is no kind",
    ),
    "a country without a name": (
        "helplines.yml",
        lambda copy: copy.change("helplines.yml", r"^names:.*", "names: {NL: nl, DE: de}"),
        r"names",
    ),
    "a description that is too long for Telegram": (
        "messages.yml",
        lambda copy: _longer_description(copy),
        r"over 512 characters",
    ),
}


def _longer_description(copy: Copy) -> int:
    heading = copy.find("messages.yml", r"^  bot_description:$")
    lines = copy.lines("messages.yml")
    end = next(i for i in range(heading + 1, len(lines)) if re.match(r"  \S", lines[i]))
    new = ["  bot_description:", "    variants:", f"      - {'Dag jij. ' * 60}"]
    copy.write("messages.yml", [*lines[:heading], *new, *lines[end:]])
    return heading + 1


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_found_in_its_file_and_line(copy: Copy, name: str) -> None:
    file, make, cause = MISTAKES[name]
    line = make(copy)
    found = [p for p in copy.problems() if re.search(cause, p.text)]
    assert found, [str(problem) for problem in copy.problems()]
    assert {p.file for p in found} == {f"content/{file}"}
    if line:
        assert line in {p.line for p in found}, [str(problem) for problem in found]


def test_a_message_that_is_said_and_not_there_is_found(copy: Copy) -> None:
    line = copy.change("messages.yml", r"^  goodbye:$", "  farewell:")
    told = [str(problem) for problem in copy.problems()]
    assert f"content/messages.yml:{line}: farewell is not used" in told
    assert "content/messages.yml:1: goodbye is used, not there" in told
    assert "stories/domain:1: utter_goodbye: say goodbye is not there" in told


def test_a_message_that_only_code_says_is_missed_too(copy: Copy) -> None:
    copy.change("safety.yml", r"^  hold_ended:$", "  hold_over:")
    told = [problem.text for problem in copy.problems()]
    assert "hold_ended is used, not there" in told
    assert "hold_over is not used" in told


def test_a_concern_with_too_few_fitting_tips_is_found(copy: Copy) -> None:
    text = "\n".join(copy.lines("tips.yml"))
    copy.write("tips.yml", re.sub(r"      lied_to: .*", "      lied_to: 0.1", text).split("\n"))
    assert "lied_to: fewer than three fitting tips" in [p.text for p in copy.problems()]


def test_a_country_without_a_line_for_a_kind_is_found(copy: Copy) -> None:
    lines = copy.lines("helplines.yml")
    start = copy.find("helplines.yml", r"^  BE:$")
    lines[start:] = [line.replace("minor, ", "") for line in lines[start:]]
    copy.write("helplines.yml", lines)
    told = {(p.file, p.line, p.text) for p in copy.problems()}
    assert told == {("content/helplines.yml", start + 1, "BE has no line for minor")}


@pytest.mark.parametrize("file", sorted(path.name for path in CONTENT_DIR.glob("*.yml")))
def test_a_missing_file_is_the_only_problem_told(copy: Copy, file: str) -> None:
    (copy.folder / file).unlink()
    [problem] = copy.problems()
    assert (problem.file, problem.line) == (f"content/{file}", 1)
    assert problem.text == "cannot be read (FileNotFoundError)"
    if file == ONLY_FOR_THE_CHECK:
        return
    with pytest.raises(ContentError, match=re.escape(f"content/{file}:1: ")):
        load(copy.folder)


@pytest.mark.parametrize(
    ("old", "new", "cause"),
    [
        ("{say: greet}", "{sing: greet}", "utter_greet: sing is no step"),
        ("{say: greet}", "{say: hallo}", "utter_greet: say hallo is not there"),
        ("{safety: found}", "{safety: dance}", "utter_crisis: safety dance is not there"),
        ("{do: list_tips}", "{do: dance}", "utter_list_tips: do dance is not there"),
        ("{feedback: helped}", "{feedback: good}", "utter_helped: feedback good is not there"),
    ],
)
def test_a_response_of_the_domain_that_means_nothing_is_found(
    copy: Copy, old: str, new: str, cause: str
) -> None:
    for path in copy.domain.glob("*.yml"):
        path.write_text(path.read_text().replace(old, new))
    assert ("stories/domain", cause) in {(p.file, p.text) for p in copy.problems()}
