"""The crisis lexicon: every rule, danger in new words, and figures of speech."""

from pathlib import Path
from statistics import median
from time import thread_time

import pytest

from nlu.lexicon import Crisis, Kind, Level, Lexicon, LexiconError, Rule
from nlu.normalise import Normaliser

LEXICON = Lexicon.load()
ASK, ACT = Level.ASK, Level.ACT
SUICIDE, VIOLENCE, CHILD, HARM = Kind.SUICIDE, Kind.VIOLENCE, Kind.CHILD, Kind.HARM_OTHER

# Kind, the level that is expected at least, and lines.
DANGER: list[tuple[Kind, Level, list[str]]] = [
    (
        SUICIDE,
        ACT,
        [
            "ik wil echt niet meer leven zo",
            "Kwil ni meer leven, alles doet pijn",
            "soms wil ik gewoon dood",
            "WAS IK MAAR DOOD",
            "ik denk de laatste tijd vaak aan zelfmoord",
            "zelfmoordgedachten komen weer op",
            "ik ga mezelf ophangen",
            "ik wil me verhangen, ik wil mezelf van kant maken",
            "vanavond spring ik van het dak",
            "ik ga straks voor de trein springen",
            "ik heb net een strip pillen geslikt",
            "ik heb twee strippen paracetamol, alle pillen geslikt net",
            "mijn afscheidsbrief ligt op tafel",
            "ik wil een eind maken aan mijn leven",
            "ik heb mezelf gisteren gesneden",
            "ik heb zo'n drang om mezelf te snijden",
            "als zij gaat doe ik mezelf iets aan, ik ga mezelf iets aandoen",
            "ik hoop dat ik morgen niet meer wakker word",
            "ik wou dat ik er niet meer was, ik wil er niet meer zijn",
            "ik ben zo moe van het leven",
            "geen zin meer om te leven",
            "vaarwel allemaal",
            "Beste meneer, ik ben 80 en levensmoe.",
            "ik heb vorig jaar een zelfmoordpoging gedaan en nu wil ik weer",
            "i want to die",
            "I'm going to kill myself tonight",
            "Ich möchte sterben",
            "je veux me tuer",
        ],
    ),
    (
        SUICIDE,
        ASK,
        [
            "mijn kinderen zijn gelukkiger zonder mij",
            "niemand zou mij missen",
            "het hoeft voor mij allemaal niet meer",
            "ik zie geen uitweg meer",
            "laat mij maar verdwijnen",
            "ik wou dat ik nooit geboren was",
            "ik maak er een einde aan",
            "ik ben toch maar een last voor mijn gezin",
            "ik heb veel gedachten aan de dood",
            "mijn zus wil niet meer leven en ik weet niet wat ik moet doen",
            "hij zegt dat hij zelfmoord pleegt als ik wegga, hij dreigt met zelfmoord",
            "alles is voorbij voor mij",
        ],
    ),
    (
        VIOLENCE,
        ACT,
        [
            "mijn man slaat mij als hij gedronken heeft",
            "zij slaat me ook waar de kinderen bij zijn",
            "mijn vriendin heeft mij vorige week geschopt",
            "gisteren gaf hij mij een klap",
            "kkrijg klappen thuis van mijne vent",
            "hij duwde mij tegen de muur",
            "hij trok mij aan mijn haren",
            "ze gooide een glas naar mijn hoofd",
            "hij kneep gisteren mijn keel dicht",
            "mijn ex probeerde mij te wurgen",
            "hij hield een mes tegen mijn keel",
            "mijn vrouw bedreigt mij met een mes",
            "hij zegt dat hij mij vermoordt",
            "als ik wegga maakt hij me af",
            "ik ben bang dat hij me iets aandoet",
            "ik word mishandeld door mijn partner",
            "ik ben vorige week verkracht",
            "mijn baas heeft mij aangerand",
            "hij heeft me opgesloten in de slaapkamer",
            "ze heeft mijn paspoort afgepakt",
            "mijn man heeft mijn bankpas afgepakt",
            "ik mag van mijn man niet werken en niemand zien",
            "mijn ex stalkt mij al maanden",
            "er hangt een gps tracker onder mijn auto",
            "my boyfriend choked me yesterday",
            "he threatened me with a gun",
            "mein Freund schlägt mich",
            "mon copain me frappe",
        ],
    ),
    (
        VIOLENCE,
        ASK,
        [
            "ik ben bang voor mijn vriend",
            "Kheb schrik van mijn man",
            "ik durf niet weg bij hem, ik durf hem niet te verlaten",
            "ik durf vanavond niet naar huis",
            "thuis is het niet veilig",
            "hij mag dit niet lezen",
            "ik heb een blauw oog van zaterdag",
            "hij controleert al mijn geld",
            "mijn vriend bepaalt met wie ik omga",
            "ik ben vroeger vaak geslagen",
            "hij pakt me soms hard vast",
        ],
    ),
    (
        CHILD,
        ACT,
        [
            "mijn vader slaat mij",
            "mama slaat me elke dag",
            "ik krijg slaag van mijn stiefvader",
            "hij slaat onze zoon",
            "mijn ex mishandelt de kinderen",
            "mijn dochter is misbruikt door haar opa",
            "ik heb mijn kind geslagen",
            "papa slaat mama elke avond",
            "mijn oom zit aan mij",
            "de kleine heeft striemen op zijn rug",
            "ik ben 14 en mijn vriend slaat mij",
        ],
    ),
    (
        CHILD,
        ASK,
        [
            "ik ben bang voor mijn stiefvader, ik ben bang voor papa",
            "ik ben weggelopen van thuis",
            "mijn ouders willen dat ik moet trouwen",
            "de kinderen zijn daar niet veilig",
        ],
    ),
    (
        HARM,
        ACT,
        [
            "ik ga haar vermoorden",
            "ik ga mijn ex neersteken",
            "ik steek hem overhoop",
            "ik heb een mes in mijn auto voor hem",
            "ik maak die gast af",
            "ik ga zijn huis in brand steken",
            "ik heb mijn vrouw geslagen",
            "ik sla mijn vriendin soms",
            "ik heb haar gewurgd",
            "ik ben bang dat ik hem iets aandoe",
            "I'm going to kill him",
        ],
    ),
    (
        HARM,
        ASK,
        [
            "ik vermoord hem",
            "ik neem wraak",
            "mijn handen jeuken om hem iets aan te doen",
            "die vent gaat eraan",
            "ik zou mijn moeder wel iets kunnen aandoen",
        ],
    ),
]

LOOK_ALIKES = """
ik sterf van jaloezie
ik kan hem wel schieten
ik schaam me dood
mijn vader is dood
mijn moeder is vorig jaar gestorven
ik maak er een eind aan met hem
ik maak een einde aan onze relatie
ik wil een eind maken aan de ruzies
hij maakte er een eind aan
ik ben doodmoe van al dat gedoe
dat is de doodsteek voor ons huwelijk
hij slaat een arm om me heen
ze sloeg haar armen om mij heen
we gaan eraan kapot als stel
ik lach me dood met hem
ik verveel me dood
ik schrok me dood van haar bericht
doodsimpel eigenlijk
het is doodstil in huis
doodnormaal dat je twijfelt
onze liefde is dood
de relatie is doodgebloed
hij zwijgt me dood
ik word doodgezwegen op het werk
ze wordt doodgelukkig van hem
ik ben doodongelukkig zonder zijn vertrouwen
ik sterf van nieuwsgierigheid
ik zou sterven van schaamte
ik ga dood van schaamte
ik ga kapot van verdriet
ik ga stuk aan die leugens
het vreet aan me
ik trek het niet dat hij liegt
ik kan niet meer tegen zijn gezeur
ik wil niet meer met hem praten
ik wil hem niet meer zien
ik wil niet meer liegen
ik wil niet meer leven met die onzekerheid
zo kunnen we niet langer samen leven
ik kan niet leven met een leugenaar
ik heb geen zin meer in dit gesprek
ik zie onze relatie niet meer zitten
het heeft geen zin meer met hem te praten
ik heb er genoeg van
ik stap uit deze relatie
ik stap eruit, ik ga scheiden
ik wil er niet meer over praten
ik wil er niet meer aan denken
hij is voor mij dood en begraven
dat vertrouwen is morsdood
de vonk is dood
hij heeft de relatie vermoord
dat wachten vermoordt me
mijn zus vermoordt me als ik te laat kom
ik zou hem wel kunnen wurgen
ik kon haar wel villen
ik kan haar wel achter het behang plakken
ik kan hem wel wat doen
hij gooide mij voor de bus
ze gooit modder naar mijn hoofd
hij gooit mij verwijten naar mijn hoofd
het was een klap in mijn gezicht
dat voelde als een klap in het gezicht
een trap na van mijn ex
hij trapt er altijd in
ze schopte mij uit de groepsapp
ik klap dicht als hij iets vraagt
ze slaat me altijd over in het gesprek
hij slaat de plank mis
dat slaat nergens op
hij sloeg dicht toen ik het vroeg
de schrik slaat me om het hart
de twijfel slaat toe
ik sloeg met deuren
mijn hart slaat over als hij belt
mijn keel zit dicht als ik iets wil zeggen
een brok in mijn keel
het verdriet grijpt me naar de keel
hij zet me het mes op de keel met zijn ultimatum
hij steekt messen in mijn rug
ze heeft me een mes in de rug gestoken
zijn woorden snijden door mijn ziel
ik heb mezelf in de vingers gesneden
ik snijd het onderwerp aan
ik voel me opgesloten in dit huwelijk
ik zit opgesloten in mijn eigen hoofd
ze sluit me buiten
ze sluit me op geen enkele manier uit
hij dreigt met scheiden
ze dreigt weg te gaan
ik voel me bedreigd door zijn nieuwe collega
hij heeft misbruik gemaakt van mijn vertrouwen
mijn vertrouwen is verkracht
ze zit aan mijn telefoon
hij zit in mijn hoofd
ik ben bang om hem te verliezen
ik ben bang voor haar reactie
ik ben bang voor een nieuwe teleurstelling
ik ben niet bang voor hem
ik durf hem niet te bellen
ik durf niet naar huis te bellen
ik stalk zijn ex op instagram
ik lijk wel een stalker
hij volgt haar op insta
hij volgt mij op tiktok
hij staat altijd voor me klaar
hij wacht me elke avond op met een kop thee
ik controleer haar telefoon
mijn dochter liegt tegen mij
mijn kind is mijn alles
mijn zoon slaat zijn armen om me heen
mijn kinderen slapen niet goed sinds de scheiding
mijn vader sprak vroeger nooit over gevoel
ik heb mijn kind beloofd dat ik er ben
ze was altijd een kind van haar vader
ik wil hem pijn besparen
ik wil haar niet kwetsen
ik heb haar pijn gedaan met mijn leugen
ik heb haar nooit geslagen
ik sla het over
ik pak het anders aan
ik maak hem blij met een cadeau
ik ben er kapot van
we hebben ons doodgelachen
ik heb de opdracht afgemaakt
hij schiet uit zijn slof
we schoten in de lach
zij is mijn doodsvijand op het werk
de deadline is moordend
ik moet een moordend tempo volhouden
dat was een bloedbad in de vergadering
mijn telefoon is dood
over mijn lijk dat ik hem bel
ik wil rust en slapen
ik neem mijn pil elke avond
ik heb afscheid genomen van mijn collega
het is over en uit tussen ons
it kills me that she lied
hij heeft een eigen leven en ik ook
""".strip().splitlines()

HOSTILE = {
    "one letter": "a" * 10_000,
    "subject": "ik " * 3_333,
    "wish": "ik wil niet meer " * 588,
    "person": "mijn man heeft mij " * 526,
    "figure": "hij slaat mij over " * 526,
    "all words": "zelfmoord slaat kind vermoord dood leven mes bang thuis " * 178,
    "spaced letters": "d o o d " * 1_250,
    "stretched": "doood leeeven slaaat " * 476,
    "asterisks": "*" * 10_000,
    "masked": "d**d z*lfm**rd " * 666,
    "sentences": "ik. wil. dood? " * 666,
    "marks": "...!?;" * 1_666,
    "blanks": " \n\t" * 3_333,
    "accents": "e\u0301\u200b" * 3_333,
    "past": "vroeger sloeg mijn vader mij als kind " * 263,
}


def ids(rules: tuple[Rule, ...], key: str) -> list[object]:
    return [
        pytest.param(rule, line, id=f"{rule.id}-{line[:40]}")
        for rule in rules
        for line in getattr(rule, key)
    ]


def matches(rule: Rule, line: str) -> bool:
    return any(rule.matches(plain) for plain in LEXICON._normaliser.readings(line))


def milliseconds(text: str) -> float:
    # Time of this thread, so that what else the machine does counts little.
    start = thread_time()
    LEXICON.check([text])
    return (thread_time() - start) * 1000


@pytest.mark.parametrize(("rule", "line"), ids(LEXICON.rules, "hits"))
def test_rule_matches_its_hits(rule: Rule, line: str) -> None:
    assert matches(rule, line)


@pytest.mark.parametrize(("rule", "line"), ids(LEXICON.rules, "misses"))
def test_rule_leaves_its_look_alikes(rule: Rule, line: str) -> None:
    assert not matches(rule, line)


@pytest.mark.parametrize(
    ("kind", "level", "line"),
    [(kind, level, line) for kind, level, lines in DANGER for line in lines],
)
def test_danger_is_found(kind: Kind, level: Level, line: str) -> None:
    found = LEXICON.check([line])
    assert (found.kind, found.level >= level) == (kind, True), found


@pytest.mark.parametrize("line", LOOK_ALIKES)
def test_figures_of_speech_raise_nothing(line: str) -> None:
    assert LEXICON.check([line]).level is Level.NONE, LEXICON.check([line])


@pytest.mark.parametrize(
    ("line", "flag"),
    [
        ("ik ben 16 en mijn vriend liegt tegen me", "minor"),
        ("ik zit in de brugklas", "minor"),
        ("hij checkt elke avond mijn telefoon", "control"),
        ("ik ben bang voor zijn woede", "fear"),
        ("mijn ex stalkt me", "stalking"),
        ("ik hoor stemmen die over mij praten", "delusion"),
        ("er zitten camera's in de rookmelder, camera's in mijn muren", "delusion"),
    ],
)
def test_flags_are_set(line: str, flag: str) -> None:
    assert flag in LEXICON.check([line]).flags


@pytest.mark.parametrize(
    "line",
    [
        "ik ben 45 en mijn vriend liegt",
        "we zijn 15 jaar getrouwd",
        "ik ben 15 jaar getrouwd",
        "toen ik 12 was gingen mijn ouders uit elkaar",
        "hij kan toch geen gedachten lezen",
    ],
)
def test_flags_stay_down(line: str) -> None:
    assert LEXICON.check([line]).flags == frozenset()


@pytest.mark.parametrize(
    ("line", "most"),
    [
        ("mijn vader sloeg me vroeger", ASK),
        ("als kind werd ik geslagen door mijn moeder", ASK),
        ("ik ben vroeger mishandeld", ASK),
        ("ik vermoord hem, echt hoor haha", ASK),
    ],
)
def test_what_is_long_ago_or_a_joke_leads_to_a_question_at_most(line: str, most: Level) -> None:
    assert LEXICON.check([line]).level <= most


@pytest.mark.parametrize(
    "line",
    [
        "hij sloeg mij gisteren toen ik het over vroeger had",
        "gisteren sloeg hij me weer net als vroeger",
        "hij heeft me vroeger geslagen en nu weer",
        "mijn vader sloeg mij vroeger en doet dat nog steeds",
        "vroeger sloeg mijn man mij alleen als hij gedronken had",
        "jaren geleden ben ik door mijn ex mishandeld",
    ],
)
def test_a_past_that_may_go_on_leads_to_a_question_at_least(line: str) -> None:
    assert LEXICON.check([line]).level >= ASK


@pytest.mark.parametrize(
    ("fragments", "kind"),
    [
        (["ik wil", "niet meer", "leven"], SUICIDE),
        (["ik", "wil", "dood"], SUICIDE),
        (["hij slaat", "me"], VIOLENCE),
        (["mijn vader", "slaat mij"], CHILD),
        (["ik ga hem", "vermoorden"], HARM),
        (["hoi", "hoe gaat het", "ik wil dood", "grapje"], SUICIDE),
    ],
)
def test_a_sentence_may_be_spread_over_messages(fragments: list[str], kind: Kind) -> None:
    assert LEXICON.check(fragments).kind is kind


@pytest.mark.parametrize(
    "line",
    [
        '/greet{"a":1} ik wil dood',
        "/ ik wil dood",
        "/ik wil dood",
        "ik w\u200bil d\u200bood",
        "ik wil d\u00adood",
        "\u202eik wil dood\u202c",
        "\uff49\uff4b wil dood",
        "ik wil d00d",
        "ik wil d.o.o.d",
        "ik wil d o o d",
        "ik wil d**d",
        "IK WIL DOOOOD!!!",
        "ik. wil. dood.",
        "ik\nwil\ndood",
        "ik wil dóód",
        "ik wil 💀 dood 💀",
        "ik wil... dood",
        "1k wil dood",
    ],
)
def test_what_hides_a_word_is_seen_through(line: str) -> None:
    assert LEXICON.check([line]).kind is SUICIDE


def test_a_threat_by_another_is_violence() -> None:
    found = LEXICON.check(["hij dreigt me te vermoorden"])
    assert (found.kind, found.level) == (VIOLENCE, ACT)


def test_suicide_comes_before_other_danger_of_the_same_level() -> None:
    assert LEXICON.check(["hij slaat me en ik wil dood"]).kind is SUICIDE


def test_a_figure_of_speech_does_not_hide_danger_beside_it() -> None:
    assert LEXICON.check(["ik schaam me dood. ik wil niet meer leven"]).level is ACT
    assert LEXICON.check(["hij slaat een arm om me heen en daarna slaat hij me"]).level is ACT


def test_nothing_is_found_in_nothing() -> None:
    nothing = Crisis(Level.NONE, None, (), frozenset())
    assert LEXICON.check([]) == LEXICON.check([""]) == LEXICON.check(["💔", "?!"]) == nothing


def test_the_result_holds_no_text() -> None:
    found = LEXICON.check(["ik wil dood, groetjes Annemiek"])
    assert "annemiek" not in repr(found).lower()


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_message_takes_no_time(text: str) -> None:
    # Some 30 ms on a quiet machine; backtracking gone wild would take seconds.
    assert min(milliseconds(text[:10_000]) for _ in range(5)) < 150


def test_an_ordinary_message_takes_less_than_a_millisecond() -> None:
    lines = [line for line in LOOK_ALIKES if len(line) > 20]
    assert median(milliseconds(line) for line in lines for _ in range(3)) < 1


def test_levels_compare_by_severity() -> None:
    assert Level.NONE < Level.ASK < Level.ACT
    assert max(Level) is Level.ACT


def test_fold_is_of_use_without_a_normaliser() -> None:
    assert Normaliser.fold("Dóód\u200b") == "dood"


RULE = """
rules:
- id: odd_one
  kind: suicide
  level: act
  needs: [dood]
  patterns: ['wil dood']
  hits: [ik wil dood]
  misses: [dood]
"""


@pytest.mark.parametrize(
    ("old", "new", "cause"),
    [
        ("'wil dood'", "'wil (dood'", "wil (dood"),
        ("'wil dood'", "'<nobody> dood'", "nobody"),
        ("level: act", "level: loud", "loud"),
        ("kind: suicide", "kind: weather", "weather"),
        ("kind: suicide", "flag: rain", "rain"),
        ("kind: suicide", "colour: red", "colour"),
        ("needs: [dood]", "needs: []", "needs"),
        ("hits: [ik wil dood]", "hits: 3", "hits"),
        ("  misses: [dood]\n", "", "misses"),
        ("level: act", "level: none\n  flag: fear", "hint"),
        ("kind: suicide", "flag: fear", "kind"),
    ],
)
def test_an_error_names_the_rule_and_the_cause(
    tmp_path: Path, old: str, new: str, cause: str
) -> None:
    path = tmp_path / "lexicon.yml"
    path.write_text(RULE.replace(old, new), encoding="utf-8")
    with pytest.raises(LexiconError, match="odd_one") as error:
        Lexicon.load(path)
    assert cause in str(error.value)


@pytest.mark.parametrize("text", ["", "rules: 3", "rules: [", "rules: [{level: act}]"])
def test_a_file_that_is_no_lexicon_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "lexicon.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LexiconError):
        Lexicon.load(path)


def test_a_missing_file_and_a_doubled_id_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LexiconError, match=r"absent\.yml"):
        Lexicon.load(tmp_path / "absent.yml")
    path = tmp_path / "lexicon.yml"
    path.write_text(RULE + RULE.replace("\nrules:\n", ""), encoding="utf-8")
    with pytest.raises(LexiconError, match="odd_one: this id is used twice"):
        Lexicon.load(path)


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("ik kan hem wel schieten soms", True),
        ("ik zou haar nooit iets aandoen", True),
        ("ik ga hem iets aandoen", False),
        ("mijn collega zwijgt al weken", False),
    ],
)
def test_a_way_of_speaking_about_hurting_somebody_is_known(text: str, figure: bool) -> None:
    assert Lexicon.load().is_figure(Kind.HARM_OTHER, [text]) is figure
