"""When somebody wants a check-in: Dutch and Flemish words in, a Schedule out.

Pure: the same words at the same moment always give the same Schedule. `words` brings a text
to a plain form, `clock` finds times, `days` weekdays, `dates` pauses and other moments, and
`reading` puts them together; `vocabulary` knows a message that speaks of nothing else.
"""

from nlu.schedule.dates import find_day
from nlu.schedule.model import WEEK, Action, Schedule
from nlu.schedule.reading import read_schedule, settle
from nlu.schedule.vocabulary import only_when

__all__ = ["WEEK", "Action", "Schedule", "find_day", "only_when", "read_schedule", "settle"]
