// Asks an agent over HTTP whether it lives.
import type { Context } from 'realm-runner/plugin';
import { saysOf } from './beat.ts';
import type { Beat } from './facts.ts';
import type { Agent } from './pulse.ts';

const ANSWER_MS = 5_000;
const MOST_BYTES = 64 * 1024;

/** What it says of itself, null: nothing; undefined: it did not answer with a 2xx. Never rejects for what the agent does. */
export async function askBeat({ spec }: Agent, ctx: Context): Promise<Beat['says'] | undefined> {
  const { http } = spec.heartbeat!;
  const url = URL.parse(http!, `http://127.0.0.1:${spec.port ?? 80}`);
  if (url === null) return undefined;
  const over = new AbortController();
  const late = ctx.sleep(ANSWER_MS, AbortSignal.any([over.signal, ctx.signal])).then(
    () => over.abort(),
    () => {}, // answered in time
  );
  try {
    return await answer(url, AbortSignal.any([over.signal, ctx.signal]));
  } catch {
    return undefined; // silence is told by the state
  } finally {
    over.abort();
    await late;
  }
}

/** Node's own agents keep connections, and with them an agent that hangs. */
function answer(url: URL, signal: AbortSignal): Promise<Beat['says'] | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Beat['says'] | undefined>();
  const { request } = process.getBuiltinModule(url.protocol === 'https:' ? 'node:https' : 'node:http');
  const asked = request(url, { agent: false, signal, headers: { 'user-agent': 'realm', connection: 'close' } });
  asked.on('response', (response) => {
    const status = response.statusCode ?? 0;
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (part: string) => {
      if (text.length < MOST_BYTES) text += part;
    });
    response.on('error', reject);
    response.on('end', () => resolve(status >= 200 && status < 300 ? said(text) : undefined));
  });
  asked.on('error', reject);
  asked.end();
  return promise;
}

function said(text: string): Beat['says'] {
  try {
    return saysOf(JSON.parse(text));
  } catch {
    return null; // most answer with a word
  }
}
