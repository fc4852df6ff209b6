// All that an agent and Realm share: files. A beat, an inbox that is read in order, an outbox that is written to.
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

const DONE = 'memory/done.jsonl';
const BEAT_MS = 1_000;
for (const folder of ['inbox', 'outbox', 'memory']) mkdirSync(folder, { recursive: true });

/** Under a name of its own first: nobody ever reads half a file. */
function put(path, text) {
  writeFileSync(`${path}.tmp`, text);
  renameSync(`${path}.tmp`, path);
}

/** Messages go where the outbox says, now or when Realm is back. The same `id` twice is delivered once. */
export function send(id, to, type, payload, { reference = id, priority = 'normal' } = {}) {
  put(`outbox/${id.replaceAll('/', '_')}.json`, JSON.stringify({ id, to, type, priority, reference, payload }));
}

export function remember(file, fact) {
  appendFileSync(`memory/${file}`, `${JSON.stringify({ at: new Date().toISOString(), ...fact })}\n`);
}

export const read = (file) => JSON.parse(readFileSync(file, 'utf8'));

const lying = () =>
  readdirSync('inbox')
    .filter((one) => one.endsWith('.json'))
    .sort();

/**
 * Lives in the folder it was started in: beats, and hands each message to `handle` in order. What was handled is written
 * down before it leaves the inbox, so a death in between handles one message again and loses none; and since an answer's
 * id is made of the question's, the second answer goes nowhere.
 */
export async function live(handle, { everyMs = 200 } = {}) {
  const lines = existsSync(DONE)
    ? readFileSync(DONE, 'utf8')
        .split('\n')
        .filter((line) => line.endsWith('}'))
    : [];
  const done = new Set(lines.map((line) => JSON.parse(line).id));
  const beat = () => put('heartbeat.json', JSON.stringify({ at: new Date().toISOString(), state: 'idle' }));
  beat();
  setInterval(beat, BEAT_MS);
  for (;;) {
    // A listing may miss what comes while it is made, and show what came after that: the second one misses none of those.
    const last = lying().at(-1);
    for (const name of last === undefined ? [] : lying().filter((one) => one <= last)) {
      const message = read(`inbox/${name}`);
      if (!done.has(message.id)) {
        handle(message);
        appendFileSync(DONE, `${JSON.stringify({ id: message.id, from: message.from, type: message.type })}\n`);
        done.add(message.id);
      }
      rmSync(`inbox/${name}`);
    }
    await pause(everyMs);
  }
}
