"""How it went: a picture, a few words, the week, and everything as a file."""

from __future__ import annotations

import csv
import html
import io
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from bot.content import Button
from bot.db.models import CheckinEntry
from bot.db.repositories import CHECKIN, SUMMARY
from bot.nudges.moments import local
from bot.picture import Picture, Point, TipMark
from bot.skills.checkin import feelings
from bot.skills.context import TurnContext
from bot.skills.planning import SUMMARY_DAYS, SUMMARY_TIME, moment_in_words, plan
from bot.skills.reply import Document, Reply

PERIODS = {"7": 7, "30": 30, "90": 90}
USUAL = "30"
# Between two weeks, a mean that differs less than this is the same.
MOVED_FROM = 0.7
FILE = "tevoet.csv"
# What a spreadsheet would run instead of show.
FORMULA = ("=", "+", "-", "@", "\t")


async def show(turn: TurnContext) -> list[Reply]:
    """What was asked for: a period, the week, a file, or no more summaries."""
    wish = turn.slots.get("answer") or USUAL
    period, _, shade = wish.partition(":")
    match period:
        case "csv":
            return await _file(turn)
        case "week":
            return await _week(turn)
        case "off":
            return await _no_summary(turn)
        case "weekly":
            return await _summary(turn)
        case _ if period in PERIODS:
            return await _picture(turn, PERIODS[period], shade == "dark")
    return [await turn.say("button_past")]


async def _picture(turn: TurnContext, days: int, dark: bool) -> list[Reply]:
    today = local(turn.now, turn.facts.zone).date()
    first = today - timedelta(days=days - 1)
    entries = await turn.entries.since(turn.chat_id, first)
    if not entries:
        return [await _with_plays(turn, await turn.say("progress_none"))]
    words = await _in_words(turn, entries)
    reply = await turn.say("progress", told=html.unescape(words))
    picture = await _drawn(turn, entries, first, today, dark)
    reply = await _with_plays(turn, reply)
    return [Reply(reply.keys, reply.text, reply.buttons, picture=picture.as_json())]


async def _with_plays(turn: TurnContext, reply: Reply) -> Reply:
    """The way to what was practised, for who did."""
    if not await turn.roleplays.results(turn.chat_id):
        return reply
    label = turn.content.messages["progress_plays"].variants[0]
    row = (Button(label=label, press="play:progress"),)
    return Reply(reply.keys, reply.text, (*reply.buttons, row))


async def _drawn(
    turn: TurnContext, entries: Sequence[CheckinEntry], first: date, last: date, dark: bool
) -> Picture:
    since = turn.now - (last - first + timedelta(2))

    def day_of(moment: datetime) -> date | None:
        day = local(moment, turn.facts.zone).date()
        return day if first <= day <= last else None

    tips = tuple(
        TipMark(day, tip.helped is True)
        for tip in await turn.chats.given_since(turn.chat_id, since)
        if (day := day_of(tip.given_at))
    )
    kept = await turn.agreements.kept_since(turn.chat_id, since)

    def word(key: str) -> str:
        return turn.content.messages[key].variants[0]

    return Picture(
        title=word("picture_title").format(days=(last - first).days + 1),
        first=first,
        last=last,
        points=tuple(Point(e.day, e.score or 0, e.feeling) for e in entries),
        tips=tips,
        agreements=tuple(sorted({day for moment in kept if (day := day_of(moment))})),
        feelings=feelings(turn),
        tip=word("picture_tip"),
        tip_helped=word("picture_tip_helped"),
        agreement=word("picture_agreement"),
        dark=dark,
    )


async def _in_words(turn: TurnContext, entries: Sequence[CheckinEntry]) -> str:
    """How often, between which scores, which feeling most, and what helped."""
    scores = [entry.score for entry in entries if entry.score is not None]
    low, high = str(min(scores)), str(max(scores))
    told = [
        await turn.say("progress_once", score=low)
        if len(scores) == 1
        else await turn.say("progress_scores", count=str(len(scores)), low=low, high=high)
    ]
    felt = Counter(entry.feeling for entry in entries if entry.feeling).most_common(2)
    clear = felt and felt[0][1] > 1 and (len(felt) == 1 or felt[0][1] > felt[1][1])
    if clear and (word := feelings(turn).get(felt[0][0] or "")):
        told.append(await turn.say("progress_feeling", feeling=word.lower()))
    if (title := _helped_most(turn)) is not None:
        told.append(await turn.say("progress_helped", title=title))
    return " ".join(reply.text for reply in told)


def _helped_most(turn: TurnContext) -> str | None:
    """The tip that the user said most often that it helped."""
    counts = Counter(tip.tip_id for tip in turn.facts.given if tip.helped)
    best = next((tip_id for tip_id, _ in counts.most_common(1)), None)
    tip = turn.content.tip_by_id.get(best or "")
    return tip.title if tip else None


async def _week(turn: TurnContext) -> list[Reply]:
    """The last seven days beside the seven before, in words and as a picture."""
    today = local(turn.now, turn.facts.zone).date()
    entries = await turn.entries.since(turn.chat_id, today - timedelta(days=13))
    first = today - timedelta(days=6)
    this, before = [e for e in entries if e.day >= first], [e for e in entries if e.day < first]
    if not this:
        return [await turn.say("progress_none")]
    words = [await _in_words(turn, this)]
    if before:
        change = _mean(this) - _mean(before)
        way = "up" if change >= MOVED_FROM else "down" if change <= -MOVED_FROM else "same"
        words.append((await turn.say(f"week_{way}")).text)
    reply = await turn.say("week", told=html.unescape(" ".join(words)))
    picture = await _drawn(turn, this, first, today, dark=False)
    return [Reply(reply.keys, reply.text, reply.buttons, picture=picture.as_json())]


def _mean(entries: Sequence[CheckinEntry]) -> float:
    return sum(entry.score or 0 for entry in entries) / len(entries)


async def _file(turn: TurnContext) -> list[Reply]:
    """All check-ins as a file for a spreadsheet."""
    entries = await turn.entries.since(turn.chat_id, date.min)
    if not entries:
        return [await turn.say("progress_none")]
    words = feelings(turn)
    yes = turn.content.messages["file_yes"].variants[0]
    no = turn.content.messages["file_no"].variants[0]
    out = io.StringIO()
    # A Dutch spreadsheet expects semicolons, and knows UTF-8 by the mark in front.
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(turn.content.messages["file_columns"].variants[0].split(", "))
    for entry in entries:
        step = "" if entry.step_done is None else yes if entry.step_done else no
        note = turn.entries.note(entry) or ""
        safe_note = f"'{note}" if note.startswith(FORMULA) else note
        feeling = words.get(entry.feeling or "", "")
        writer.writerow([entry.day.isoformat(), entry.score, feeling, safe_note, step])
    reply = await turn.say("progress_file")
    document = Document(FILE, "\ufeff" + out.getvalue())
    return [Reply(reply.keys, reply.text, reply.buttons, document=document)]


async def _no_summary(turn: TurnContext) -> list[Reply]:
    """No more of them; the row stays, so that nobody gets them again unasked."""
    row = await turn.schedules.get(turn.chat_id, SUMMARY)
    if row is not None:
        row.enabled, row.next_at = False, None
    return [await turn.say("summary_off")]


async def _summary(turn: TurnContext) -> list[Reply]:
    """A summary each Sunday evening."""
    row = await turn.schedules.get(turn.chat_id, SUMMARY)
    if row is None:
        daily = await turn.schedules.get(turn.chat_id, CHECKIN)
        zone = daily.zone if daily else turn.facts.zone
        row = await turn.schedules.add(turn.chat_id, SUMMARY, "", SUMMARY_TIME, SUMMARY_DAYS, zone)
    plan(row, turn.now)
    return [await turn.say("summary_on", next=await moment_in_words(turn, row.next_at, row.zone))]
