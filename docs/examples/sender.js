#!/usr/bin/env node
// A sender for one channel, as small as it can be and still be right.
//
//     node sender.js webchat
//
// Needs the package redis. With the package pg and FOLLOWUP_POSTGRES (a URI) it
// asks for a permit right before each delivery, which is what keeps a message
// from going out after a reply that has just come in.

'use strict';

const os = require('node:os');
const redis = require('redis');

const channel = process.argv[2];
const me = `${os.hostname()}-${process.pid}`;
const partitions = Number(process.env.FOLLOWUP_PARTITIONS || 1);
const streams = Array.from({length: partitions}, (_, n) =>
  `followup:{p${String(n).padStart(2, '0')}}:out:${channel}`);
const queue = redis.createClient(
  {url: process.env.FOLLOWUP_REDIS || 'redis://127.0.0.1:6379/0'});
const database = process.env.FOLLOWUP_POSTGRES
  ? new (require('pg').Client)(process.env.FOLLOWUP_POSTGRES) : null;

// Hand the message to the provider, with message.id as the idempotency key, and
// return the provider's own id for it. Yours to write.
async function deliver(message) {
  console.log(`to ${message.to}: ${message.text}`);
  if (message.options_as !== 'buttons') return; // the text has them
  for (const option of message.options) {
    console.log(`  [${option.label}] ${option.payload}`);
  }
}

// Whether the message may still go out. A second try of one whose outcome is
// not known is refused too.
async function permitted(message) {
  if (!database) return true;
  const answer = await database.query(
    'SELECT granted FROM followup.permit(ARRAY[$1])', [message.id]);
  return answer.rows.length > 0 && answer.rows[0].granted;
}

function expired(message) {
  return message.expires_at && new Date(message.expires_at) < new Date();
}

async function report(message, status, more = {}) {
  const fields = {id: message.id, status, ...more};
  for (const name of Object.keys(fields)) {
    if (!fields[name]) delete fields[name];
  }
  await queue.xAdd('followup:receipts', '*', fields);
}

async function send(message, again) {
  if (again && !database) {
    // Somebody else had it and is gone: it may have been sent.
    return report(message, 'failed', {error_class: 'ambiguous'});
  }
  let provider_id;
  try {
    provider_id = await deliver(message);
  } catch (problem) {
    const error_class = problem.name === 'TimeoutError'
      ? 'ambiguous' : 'permanent_request';
    return report(message, 'failed', {error_class, error: problem.name});
  }
  return report(message, 'sent', {provider_id});
}

async function handle(stream, entry, again) {
  const message = JSON.parse(entry.message.message);
  if (!expired(message) && await permitted(message)) {
    await send(message, again);
  }
  // Only now: an entry that is not acknowledged comes again.
  await queue.xAck(stream, 'senders', entry.id);
  await queue.xDel(stream, entry.id);
}

async function main() {
  await queue.connect();
  if (database) await database.connect();
  for (const stream of streams) {
    await queue.xGroupCreate(stream, 'senders', '0', {MKSTREAM: true})
      .catch((problem) => {
        if (!problem.message.includes('BUSYGROUP')) throw problem;
      });
  }
  for (;;) {
    for (const stream of streams) {
      // What a sender that is gone had taken a minute ago or earlier.
      const taken = await queue.xAutoClaim(
        stream, 'senders', me, 60000, '0', {COUNT: 100});
      for (const entry of taken.messages) {
        if (entry) await handle(stream, entry, true);
      }
    }
    const fresh = await queue.xReadGroup('senders', me,
      streams.map((key) => ({key, id: '>'})), {COUNT: 100, BLOCK: 5000});
    for (const {name, messages} of fresh || []) {
      for (const entry of messages) await handle(name, entry, false);
    }
  }
}

main().catch((problem) => {
  console.error(problem);
  process.exit(1);
});
