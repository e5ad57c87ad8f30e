"""How long choosing a tip takes: `python -m benchmarks.ranking`.

All fifteen tips, for somebody who read thirty, with votes on every tip at every concern. The
median of a thousand rankings; the bound is 2 ms.
"""

from __future__ import annotations

import statistics
import time
from datetime import UTC, datetime, timedelta

from benchmarks.figures import Figure, tell
from bot.content import Content, load
from nlu.facts import Facts, GivenTip
from nlu.policies.ranking import Situation, rank

TIMES = 1000
BOUND = 0.002


def median_seconds(content: Content, times: int = TIMES) -> float:
    """The median of so many rankings, in seconds."""
    now = datetime.now(UTC)
    given = tuple(
        GivenTip(tip.id, now - timedelta(days=n), n % 3 == 0)
        for n, tip in enumerate(content.tips + content.tips)
    )
    pooled = {(c, t.id): (n, 3) for n, c in enumerate(content.concerns) for t in content.tips}
    situation = Situation(Facts(now, given=given, pooled=pooled), "lied_to", side="hurt")
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        rank(content.tips, situation)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def main() -> None:
    """Measure and print."""
    seconds = median_seconds(load())
    took, bound = f"{seconds * 1000:.2f} ms", f"at most {BOUND * 1000:.0f} ms"
    tell(Figure(f"a tip is chosen, median of {TIMES}", took, bound, seconds <= BOUND))


if __name__ == "__main__":
    main()
