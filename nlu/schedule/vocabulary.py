"""Whether a message speaks of nothing but time: "tien over acht", "alleen doordeweeks".

Such a message is about the check-in whatever a classifier of whole sentences makes of it.
"""

from __future__ import annotations

import re

from nlu.schedule.words import NUMBER, fold

LONGEST = 80
_WORDS = (
    NUMBER,
    r"\d{1,4}(?:[:.uh]\d\d)?u?(?:ur)?|\d{1,2}[/-]\d{1,2}(?:[/-]\d{2,4})?|\d{1,2}(?:u|h|am|pm|e|ste|de)",
    rf"half(?:{NUMBER})?|kwart|anderhalf|uur(?:tje)?|u|min\w*|kwartier(?:tje)?|middernacht|seconden?",
    r"voor|over|na|om|rond|tegen|naar|op|van|tot|en|met|t/m|tem|vanaf|tussen|of|in|door|per|bij|ten",
    r"(?:maan|dins|woens|donder|vrij|zater|zon)dag\w*|ma|di|wo|do|vr|za|zo",
    r"s|\w*(?:ochtend|middag|avond|nacht|morgen)\w*|slapen(?:gaan|stijd)?|lunch(?:tijd)?|eten|ontbijt",
    r"weken|week(?:je|end|ends|dagen)?|dag(?:en|je|elijks)?|maand(?:en|je)?|\w*werkdag(?:en)?",
    r"doordeweeks\w*|weeks|dagelijks\w*|vandaag|straks|strakjes|later|vroeger|eerder|nu|even|ff|effe",
    r"jan\w*|feb\w*|maart|mrt|apr\w*|mei|jun\w*|jul\w*|aug\w*|sep\w*|okt\w*|nov\w*|dec\w*",
    r"elken?|iedere?|alle|hele|alleen|enkel|behalve|buiten|uitgezonderd|ook|niet|geen|nooit|meer",
    r"pauze|vakantie|uitschrijven|afmelden|overslaan|n|keer|x|paar|tijd",
    r"graag|aub|alstublieft|alsjeblieft|svp|maar|liever|het|de|deze|dit|volgende|komende|aanstaande",
    r"eerste|eind|einde|doe|dan|dus|zeg|toch|ongeveer|precies|eens|wel|ja|nee|oke|ok|ne",
)
_ONLY = re.compile(rf"(?:(?:{'|'.join(_WORDS)})(?:[ ,.!?]+|$))+")
# A text of the small words alone speaks of no time.
_TIME = re.compile(
    rf"\d|\b(?:half\w*|kwart|uur\w*|middernacht|kwartier\w*|min\w*|pauze|uitschrijven|afmelden|straks"
    r"|later|slapen\w*|\w*(?:dag|dagen|week|weekend|weken|maand|morgen|ochtend|middag|avond)\w*"
    rf"|doordeweeks\w*|(?:om|rond|tegen|over) {NUMBER}|nu (?:even )?niet"
    r"|(?:ma|di|wo|do|vr|za|zo)(?:,|/| en|,? en) ?(?:ma|di|wo|do|vr|za|zo))\b"
)


def only_when(text: str) -> bool:
    """Whether a text speaks only of time.

    Args:
        text: as typed.
    """
    plain = fold(text[: LONGEST + 1])
    return len(plain) <= LONGEST and bool(_ONLY.fullmatch(plain) and _TIME.search(plain))
