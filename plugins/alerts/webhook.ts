// Sends a message to a URL. Whatever goes wrong, the URL is not in the sentence: whoever has it can write there.
import type { Context } from 'realm-runner/plugin';
import type { Body } from './message.ts';
import { textOf } from './message.ts';
import type { Target } from './spec.ts';
import { Undelivered } from './within.ts';

export type Webhook = Extract<Target, { readonly webhook: unknown }>;

/** Only 2xx counts: a redirected POST would arrive as a GET without a body, and secrets elsewhere. */
export async function post(target: Webhook, body: Body, ctx: Context, signal: AbortSignal): Promise<void> {
  const headers = Object.entries(target.headers).map(([name, value]) => [name, ctx.reveal(value)] as const);
  const [type, text] = written(target.as, body);
  const response = await ask(ctx.reveal(target.webhook), {
    method: 'POST',
    headers: headersOf([['content-type', type], ['idempotency-key', body.id], ...headers]),
    body: text,
    signal,
  });
  if (response.ok) return;
  const seconds = Number(response.headers.get('retry-after') ?? NaN);
  throw new Undelivered(`it answered ${response.status}`, seconds > 0 ? seconds * 1000 : undefined);
}

/** For a dead-man's switch. */
export async function ping(url: string, signal: AbortSignal): Promise<void> {
  const response = await ask(url, { signal });
  if (!response.ok) throw new Undelivered(`it answered ${response.status}`);
}

/** Names and passwords in URLs are refused by `fetch`; they belong into headers. */
export function isWebUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === '' && password === '';
}

async function ask(url: string, options: RequestInit): Promise<Response> {
  if (!isWebUrl(url)) throw new Undelivered('its address is no http or https URL, or has a user name in it');
  try {
    const response = await fetch(url, { ...options, redirect: 'manual' });
    await response.body?.cancel(); // what it has to say is nobody's business, and may be endless
    return response;
  } catch (error) {
    throw new Undelivered(reasonOf(error));
  }
}

/** A header that no HTTP message can carry would be quoted in the error, value and all. */
function headersOf(pairs: readonly (readonly [string, string])[]): Headers {
  const headers = new Headers();
  for (const [name, value] of pairs) {
    try {
      headers.set(name, value);
    } catch {
      throw new Undelivered(`its header ${name} holds a character that no header can hold`);
    }
  }
  return headers;
}

function written(as: Webhook['as'], body: Body): readonly [type: string, text: string] {
  if (as === 'text') return ['text/plain; charset=utf-8', textOf(body)];
  const value = as === 'slack' ? { text: textOf(body) } : as === 'discord' ? { content: discordText(body) } : body;
  return ['application/json', JSON.stringify(value)];
}

/** Discord refuses more than 2,000 characters. */
const discordText = (body: Body): string => textOf(body).slice(0, 1_990);

/** Codes such as ECONNREFUSED lie one level down; the sentences around them may hold addresses. */
function reasonOf(error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if ('code' in cause && typeof cause.code === 'string') return `it cannot be reached (${cause.code})`;
  return 'it cannot be reached';
}
