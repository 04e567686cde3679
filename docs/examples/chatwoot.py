#!/usr/bin/env python3
"""A sender that delivers through Chatwoot, whatever the channel, and resolves
conversations that a close-out has closed.

    CHATWOOT_URL=https://chat.example.org CHATWOOT_TOKEN=… \
        python3 chatwoot.py whatsapp instagram webchat

The token is that of an agent bot named "followup": what it posts is told by its
sender from what people write. Do not give such messages a source_id to tell
them by: Chatwoot takes those for sent already. A bot belongs to one account;
with more, CHATWOOT_TOKEN_7 is that of account 7. Needs the modules redis and
psycopg.
"""

import json
import os
import socket
import sys
import time
import urllib.error
import urllib.request
from datetime import datetime, timezone

import psycopg
import redis

URL = os.environ["CHATWOOT_URL"].rstrip("/")
TOKEN = os.environ.get("CHATWOOT_TOKEN", "")
# Chatwoot makes buttons of a form there; elsewhere options are lines of text.
BUTTONS = {"webchat", "whatsapp", "telegram"}

me = f"{socket.gethostname()}-{os.getpid()}"
queue = redis.from_url(
    os.environ.get("FOLLOWUP_REDIS", "redis://127.0.0.1:6379/0"),
    decode_responses=True,
)
database = psycopg.connect(os.environ["FOLLOWUP_POSTGRES"], autocommit=True)
partitions = database.execute(
    "SELECT count(*) FROM followup.partition").fetchone()[0]
streams = [f"followup:{{p{n:02d}}}:out:{channel}"
           for n in range(partitions) for channel in sys.argv[1:]]


def post(tenant, conversation, what, body):
    """A tenant is an account, a conversation is its number in the URL."""
    token = os.environ.get(f"CHATWOOT_TOKEN_{tenant}", TOKEN)
    request = urllib.request.Request(
        f"{URL}/api/v1/accounts/{tenant}/conversations/{conversation}/{what}",
        json.dumps(body).encode(),
        {"Content-Type": "application/json", "api_access_token": token},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def as_chatwoot(message):
    body = {"content": message["text"], "message_type": "outgoing"}
    options = message["options"]
    if message["template"]:
        template = message["template"]
        body["template_params"] = {
            "name": template["name"],
            "language": template["language"],
            "processed_params": {
                str(n): text
                for n, text in enumerate(template["params"], start=1)},
        }
    elif options and message["channel"] in BUTTONS:
        body["content_type"] = "input_select"
        body["content_attributes"] = {"items": [
            {"title": o["label"], "value": o["payload"]} for o in options]}
    elif options:
        body["content"] += "".join(f"\n– {o['label']}" for o in options)
    return body


def deliver(message):
    """Fields of the receipt. A request that may have arrived is never made
    again: Chatwoot would send the message twice."""
    try:
        sent = post(message["tenant"], message["conversation"], "messages",
                    as_chatwoot(message))
        return {"status": "sent", "provider_id": str(sent["id"])}
    except urllib.error.HTTPError as problem:
        why = {401: "auth", 404: "permanent_recipient", 429: "retry_soon"}.get(
            problem.code, "ambiguous" if problem.code >= 500
            else "permanent_request")
        return {"status": "failed", "error_class": why,
                "error": f"http {problem.code}"}
    except urllib.error.URLError as problem:
        refused = isinstance(problem.reason, ConnectionRefusedError)
        return {"status": "failed",
                "error_class": "retry_soon" if refused else "ambiguous"}
    except (TimeoutError, OSError, ValueError):
        return {"status": "failed", "error_class": "ambiguous"}


def expired(message):
    at = message.get("expires_at")
    return at is not None and (
        datetime.fromisoformat(at.replace("Z", "+00:00"))
        < datetime.now(timezone.utc))


def handle(stream, entry, fields):
    message = json.loads(fields["message"])
    if not expired(message):
        granted, reason = database.execute(
            "SELECT granted, reason FROM followup.permit(ARRAY[%s])",
            (message["id"],)).fetchone() or (False, "")
        receipt = None
        if granted:
            receipt = deliver(message)
        elif reason == "outcome_unknown":
            receipt = {"status": "failed", "error_class": "ambiguous"}
        if receipt:
            queue.xadd("followup:receipts", {"id": message["id"], **receipt})
    queue.xack(stream, "senders", entry)
    queue.xdel(stream, entry)


def resolve(entry, fields):
    """Our last step has closed the conversation: so does Chatwoot."""
    if fields.get("event") == "closed" and fields.get("reason") == "close_out":
        try:
            post(fields["tenant"], fields["conversation"], "toggle_status",
                 {"status": "resolved"})
        except (urllib.error.URLError, OSError) as problem:
            print(f"{fields['conversation']}: not resolved: {problem}",
                  file=sys.stderr, flush=True)
            return
    queue.xack("followup:events", "chatwoot", entry)


for stream, group, start in [
        *((s, "senders", "0") for s in streams),
        ("followup:events", "chatwoot", "$")]:
    try:
        queue.xgroup_create(stream, group, id=start, mkstream=True)
    except redis.ResponseError as problem:
        if "BUSYGROUP" not in str(problem):
            raise

reclaim_at = 0.0
while True:
    if time.monotonic() >= reclaim_at:
        reclaim_at = time.monotonic() + 30
        # What a sender that is gone had taken, and what failed to resolve.
        for stream in streams:
            for entry, fields in queue.xautoclaim(
                    stream, "senders", me, 60000, count=100)[1]:
                handle(stream, entry, fields)
        for entry, fields in queue.xautoclaim(
                "followup:events", "chatwoot", me, 60000, count=100)[1]:
            resolve(entry, fields)
    for _, entries in queue.xreadgroup(
            "chatwoot", me, {"followup:events": ">"}, count=100) or []:
        for entry, fields in entries:
            resolve(entry, fields)
    for stream, entries in queue.xreadgroup(
            "senders", me, {s: ">" for s in streams}, count=20,
            block=1000) or []:
        for entry, fields in entries:
            handle(stream, entry, fields)
