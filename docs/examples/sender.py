#!/usr/bin/env python3
"""A sender for one channel, as small as it can be and still be right.

    python3 sender.py webchat

Needs the module redis. With the module psycopg and FOLLOWUP_POSTGRES it asks
for a permit right before each delivery, which is what keeps a message from
going out after a reply that has just come in.
"""

import json
import os
import socket
import sys
from datetime import datetime, timezone

import redis

channel = sys.argv[1]
me = f"{socket.gethostname()}-{os.getpid()}"
queue = redis.from_url(
    os.environ.get("FOLLOWUP_REDIS", "redis://127.0.0.1:6379/0"),
    decode_responses=True,
)
partitions = int(os.environ.get("FOLLOWUP_PARTITIONS", "1"))
streams = [f"followup:{{p{n:02d}}}:out:{channel}" for n in range(partitions)]
database = None
if "FOLLOWUP_POSTGRES" in os.environ:
    import psycopg

    database = psycopg.connect(os.environ["FOLLOWUP_POSTGRES"], autocommit=True)


def deliver(message):
    """Hand the message to the provider, with message["id"] as the idempotency
    key, and return the provider's own id for it. Yours to write."""
    print(f"to {message['to']}: {message['text']}", flush=True)
    buttons = message["options_as"] == "buttons"  # else the text has them
    for option in message["options"] if buttons else []:
        print(f"  [{option['label']}] {option['payload']}", flush=True)
    return None


def permitted(message):
    """Whether the message may still go out. A second try of one whose outcome
    is not known is refused too."""
    if database is None:
        return True
    rows = database.execute(
        "SELECT granted FROM followup.permit(ARRAY[%s])", (message["id"],)
    ).fetchall()
    return bool(rows and rows[0][0])


def expired(message):
    at = message.get("expires_at")
    return at is not None and (
        datetime.fromisoformat(at.replace("Z", "+00:00"))
        < datetime.now(timezone.utc)
    )


def report(message, status, **more):
    fields = {"id": message["id"], "status": status, **more}
    queue.xadd("followup:receipts", {k: v for k, v in fields.items() if v})


def handle(stream, entry, fields, again=False):
    message = json.loads(fields["message"])
    if not expired(message) and permitted(message):
        if again and database is None:
            # Somebody else had it and is gone: it may have been sent.
            report(message, "failed", error_class="ambiguous")
        else:
            try:
                report(message, "sent", provider_id=deliver(message))
            except TimeoutError:
                report(message, "failed", error_class="ambiguous")
            except Exception as problem:
                report(
                    message,
                    "failed",
                    error_class="permanent_request",
                    error=type(problem).__name__,
                )
    # Only now: an entry that is not acknowledged comes again.
    queue.xack(stream, "senders", entry)
    queue.xdel(stream, entry)


for stream in streams:
    try:
        queue.xgroup_create(stream, "senders", id="0", mkstream=True)
    except redis.ResponseError as problem:
        if "BUSYGROUP" not in str(problem):
            raise

while True:
    for stream in streams:
        # What a sender that is gone had taken a minute ago or earlier.
        taken = queue.xautoclaim(stream, "senders", me, 60000, count=100)[1]
        for entry, fields in taken:
            if fields:
                handle(stream, entry, fields, again=True)
    fresh = queue.xreadgroup(
        "senders", me, {stream: ">" for stream in streams}, count=100, block=5000
    )
    for stream, entries in fresh or []:
        for entry, fields in entries:
            handle(stream, entry, fields)
