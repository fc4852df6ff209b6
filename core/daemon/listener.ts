// The kernel's own ears: a listening socket that outlives every app behind it.
import { lstatSync, rmSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import { type Clock, sleep } from '../clock.ts';
import { errnoOf, RealmError } from '../errors.ts';
import { createServer, STATUS_CODES } from './http.ts';
import { prepareSocketFolder } from './socket-path.ts';

/** What answers requests for a while: the app of one plugin set. */
export interface Handler {
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** Called once no request is left in it after it was replaced. */
  close(): Promise<void>;
}

export interface Listener {
  /** Listens on a socket file, for this user alone. Throws SOCKET_UNSAFE, when somebody else listens there after 5 s of `clock`. */
  listen(path: string, clock: Clock): Promise<void>;
  /** Requests that begin from now on go to `next`, also on connections that are kept alive; those in flight end where they began. */
  swap(next: Handler): void;
  /** Takes no new connections, and resolves when all are closed; those still busy when `signal` aborts are cut. */
  close(signal: AbortSignal): Promise<void>;
}

interface Place {
  readonly handler: Handler;
  inFlight: number;
  isRetired: boolean;
}

const MAX_CONNECTIONS = 1_000;
const DYING_MS = 5_000;
const POLL_MS = 20;

export function createListener(first: Handler, onError: (error: unknown) => void): Listener {
  let current: Place = { handler: first, inFlight: 0, isRetired: false };
  const leave = (place: Place): void => {
    if (place.isRetired && place.inFlight === 0) place.handler.close().catch(onError);
  };
  const server = createServer((request, response) => {
    const place = current;
    place.inFlight++;
    response.once('close', () => {
      place.inFlight--;
      leave(place);
    });
    place.handler.handle(request, response);
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (socket.writable && error.code !== 'ECONNRESET') socket.end(refusal(error));
    else socket.destroy();
  });
  return {
    async listen(path, clock) {
      prepareSocketFolder(path);
      await removeStale(path, clock);
      await bind(server, path);
      server.on('error', onError);
    },
    swap(next) {
      const old = current;
      current = { handler: next, inFlight: 0, isRetired: false };
      old.isRetired = true;
      leave(old);
    },
    async close(signal) {
      const closed = server.listening ? once(server, 'close') : undefined;
      server.close();
      server.closeIdleConnections();
      const cut = (): void => server.closeAllConnections();
      if (signal.aborted) cut();
      signal.addEventListener('abort', cut, { once: true });
      await closed;
      signal.removeEventListener('abort', cut);
      current.isRetired = true;
      leave(current);
    },
  };
}

/** Bytes that are no HTTP reach no app; they get an answer of the usual shape all the same. */
function refusal(error: NodeJS.ErrnoException): string {
  const isLarge = error.code === 'HPE_HEADER_OVERFLOW';
  const [code, status] = isLarge ? ['REQUEST_TOO_LARGE', '431'] : ['REQUEST_INVALID', '400'];
  const body = JSON.stringify({ code, message: `this is no HTTP request: ${error.message}` });
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, 'content-type: application/json', 'connection: close'];
  return `${[...head, `content-length: ${Buffer.byteLength(body)}`].join('\r\n')}\r\n\r\n${body}`;
}

/** bind(2) happens inside `listen`, so the mask holds for the socket file and for nothing else. */
async function bind(server: Server, path: string): Promise<void> {
  const listening = once(server, 'listening');
  const mask = process.umask(0o077);
  try {
    server.listen(path);
  } finally {
    process.umask(mask);
  }
  await listening;
}

/**
 * A socket file stays behind when its owner is killed. It goes only when nobody listens on it, which may take a while: on a
 * busy machine the system says that a process is dead some time before it has closed what that had open.
 */
async function removeStale(path: string, clock: Clock): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket())
    throw new RealmError('SOCKET_UNSAFE', `${path} exists and is no socket`, { hint: `look at it, then move it away` });
  const endsAt = clock.now() + DYING_MS;
  for (; await answers(path); await sleep(clock, POLL_MS)) {
    if (clock.now() >= endsAt)
      throw new RealmError('SOCKET_UNSAFE', `another process listens on ${path}`, { hint: `fuser ${path}` });
  }
  rmSync(path, { force: true });
}

async function answers(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch (error) {
    if (['ECONNREFUSED', 'ENOENT'].includes(errnoOf(error) ?? '')) return false;
    throw error;
  } finally {
    socket.destroy();
  }
}
