// One request over the control socket: JSON in, JSON or lines out, failures as errors.
import { once } from 'node:events';
import type { Agent, IncomingMessage } from 'node:http';
import type { Clock } from '../clock.ts';
import { errnoOf, messageOf, RealmError } from '../errors.ts';
import type { ErrorView } from './answers.ts';
import { toldError } from './answers.ts';
import { request as httpRequest } from './http.ts';

export interface Wire {
  readonly path: string;
  readonly agent: Agent;
  readonly clock: Clock;
}

export interface WireRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: string;
  readonly body?: object;
  /** Until the answer begins. Default: as long as it takes. */
  readonly timeoutMs?: number;
}

type Asked = string | number | boolean;

/** Leaves out what is undefined; lists repeat their key. */
export function withQuery(url: string, query: object): string {
  const pairs = Object.entries(query).flatMap(([key, value]: [string, Asked | readonly Asked[] | undefined]) =>
    value === undefined ? [] : [value].flat().map((one) => [key, String(one)]),
  );
  return pairs.length === 0 ? url : `${url}?${new URLSearchParams(pairs).toString()}`;
}

const NOT_LISTENING = ['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE'];
/** Whether the other side was not there, or went away: worth another try while its process lives. */
export const isNotListening = (error: unknown): boolean =>
  error instanceof RealmError && NOT_LISTENING.includes(errnoOf(error.cause) ?? '');

/** The JSON answer. Throws what the daemon told, or DAEMON_UNREACHABLE. */
export async function ask(wire: Wire, asked: WireRequest): Promise<unknown> {
  const response = await open(wire, asked, undefined);
  return parse(await textOf(response));
}

/** The answer as it begins; anything but success has been read and thrown. */
export async function open(wire: Wire, asked: WireRequest, signal: AbortSignal | undefined): Promise<IncomingMessage> {
  const response = await begin(wire, asked, signal);
  if (response.statusCode === 200) return response;
  throw toldError(parse(await textOf(response)) as Partial<ErrorView>);
}

async function begin(wire: Wire, asked: WireRequest, signal: AbortSignal | undefined): Promise<IncomingMessage> {
  const { method, url: path, body, timeoutMs } = asked;
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers =
    text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  const request = httpRequest({ socketPath: wire.path, agent: wire.agent, method, path, headers, signal });
  const late = (): void => void request.destroy(new Error(`no answer within ${timeoutMs} ms`));
  const timer = timeoutMs === undefined ? undefined : wire.clock.after(timeoutMs, late, true);
  try {
    const answered = once(request, 'response') as Promise<[IncomingMessage]>;
    request.end(text);
    return (await answered)[0];
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    const told = `the socket ${wire.path} does not answer: ${messageOf(cause)}`;
    throw new RealmError('DAEMON_UNREACHABLE', told, { hint: 'realm status', cause });
  } finally {
    timer?.cancel();
    request.on('error', () => {}); // from here on the answer's own stream tells what goes wrong
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  response.setEncoding('utf8');
  try {
    for await (const chunk of response as AsyncIterable<string>) text += chunk;
  } catch (cause) {
    throw new RealmError('DAEMON_UNREACHABLE', `the daemon ended in the middle of its answer: ${messageOf(cause)}`, {
      hint: 'realm status',
      cause,
    });
  }
  return text;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    const start = JSON.stringify(text.slice(0, 80));
    throw new RealmError('DAEMON_UNREACHABLE', `what answers on the socket is no Realm daemon: ${start}`, { cause });
  }
}
