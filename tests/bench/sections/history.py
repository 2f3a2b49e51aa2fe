"""The search in a history of a million messages, asked through the API as a client does."""
import itertools
import random
import sqlite3
import statistics
import time

from peers.api import Api

from ..subjects import Commd

SECONDS = 90
MESSAGES, TEXTS, PEOPLE = 1_000_000, 50_000, 200
FIRST, SPACING = 1_500_000_000, 250  # seconds
QUERIES = 600

FILL = """
INSERT INTO message (id, account, peer, sender, direction, state, text, time, state_time, remote_id,
                     fingerprint, fail_reason, fail_message, request_id, place)
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :messages)
SELECT printf('bench%07d', i), iif(i % 3, 'me@example.org', 'work@example.org'),
       'xmpp:friend' || (i * i % 9973 * i % :people) || '@example.org', '',
       iif(i % 2, 'incoming', 'outgoing'), iif(i % 2, 'received', 'delivered'), text,
       (:first + i * :spacing) * 1000000000, 0, '', iif(i % 2, printf('%064x', i), ''), '', '', '',
       (:first + i * :spacing) * 1000000
FROM n JOIN text ON text.id = i * 7919 % :texts
"""


def vocabulary(chance):
    """Words of two to four syllables; the nth is as frequent as 1/n, as in every language."""
    syllables = [a + b for a in "bcdfghklmnprstvw" for b in ("a", "e", "i", "o", "u", "an", "er", "is")]
    words = list({"".join(chance.choices(syllables, k=chance.choice((1, 2, 2, 3, 3, 4)))): None
                  for _ in range(60_000)})
    return words, list(itertools.accumulate(1 / (n + 1) for n in range(len(words))))


def fill(path, texts):
    """The store of a daemon that does not run; some 40 s, most of it the index."""
    store = sqlite3.connect(path, isolation_level=None)
    store.execute("PRAGMA journal_mode = OFF")
    store.execute("PRAGMA synchronous = OFF")
    store.execute("PRAGMA cache_size = -200000")
    store.execute("BEGIN")
    store.execute("CREATE TEMP TABLE text (id INTEGER PRIMARY KEY, text TEXT)")
    store.executemany("INSERT INTO text VALUES (?, ?)", enumerate(texts))
    store.execute(FILL, {"messages": MESSAGES, "people": PEOPLE, "first": FIRST, "spacing": SPACING,
                         "texts": TEXTS})
    store.execute("INSERT INTO message_words (message_words) VALUES ('rebuild')")
    store.execute("COMMIT")
    store.execute("PRAGMA journal_mode = WAL")
    store.close()


def queries(chance, words, weights, texts, request):
    """What people look for: frequent and rare words, several, phrases, beginnings, with filters."""
    def word():
        return chance.choices(words, cum_weights=weights)[0]

    def some(kind):
        text = chance.choice(texts).split()
        if kind == "frequent":
            return request(words=words[chance.randrange(20)])
        if kind == "any":
            return request(words=word())
        if kind == "several":
            return request(words=" ".join(chance.sample(text, min(3, len(text)))))
        if kind == "phrase":
            at = chance.randrange(len(text) - 1)
            return request(words=f'"{text[at]} {text[at + 1]}"')
        if kind == "beginning":
            return request(words=word()[:chance.choice((2, 3, 4))] + "*")
        if kind == "person":
            return request(words=word(), address=f"xmpp:friend{chance.randrange(PEOPLE)}@example.org")
        if kind == "nobody":
            return request(words=words[chance.randrange(20)], address="xmpp:nobody@example.org")
        since = FIRST + chance.randrange(MESSAGES * SPACING)
        timed = request(words=word())
        timed.since.seconds, timed.until.seconds = since, since + 30 * 86400
        return timed
    kinds = ("frequent", "any", "several", "phrase", "beginning", "person", "nobody", "month")
    return [(kind, some(kind)) for kind, _ in zip(itertools.cycle(kinds), range(QUERIES))]


def run(bench):
    chance = random.Random(1)
    words, weights = vocabulary(chance)
    texts = [" ".join(chance.choices(words, cum_weights=weights, k=chance.randint(3, 16)))
             for _ in range(TEXTS)]
    with Commd(bench.folder, bench.ports) as commd:
        daemon = commd.daemon
        daemon.terminate()
        begin = time.monotonic()
        fill(daemon.state / "commd.db", texts)
        bench.note(f"history: {MESSAGES} messages made in {time.monotonic() - begin:.0f} s")
        begin = time.monotonic()
        daemon.start(60)
        bench.add("history_start_ms", "start to ready with a million messages",
                  1000 * (time.monotonic() - begin), "ms")
        took = {}
        with Api(daemon) as api:
            request = api.v1.message.SearchMessagesRequest
            for kind, query in queries(chance, words, weights, texts, request):
                begin = time.perf_counter()
                api.messages.SearchMessages(query, timeout=60)
                took.setdefault(kind, []).append(1000 * (time.perf_counter() - begin))
    every = sorted(itertools.chain(*took.values()))
    bench.note("history, p50 and the longest in ms: " + ", ".join(
        f"{kind} {statistics.median(each):.2f} {max(each):.1f}" for kind, each in took.items()))
    bench.add("search_p50_ms", "search in a million messages, 50 rows: p50", statistics.median(every), "ms", 20)
    bench.add("search_p99_ms", "search in a million messages, 50 rows: p99", every[len(every) * 99 // 100], "ms",
              20)
