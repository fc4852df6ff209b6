// Probe: a GET is answered with a 2xx or 3xx. Redirects are not followed: they may lead anywhere.
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { no, type Probe, yes } from './probe.ts';
import { reach } from './reach.ts';

export const http: Probe = async ({ http: where = '/' }, { spec }, signal) => {
  const isOwn = where.startsWith('/');
  const url = new URL(isOwn ? `http://localhost:${spec.port}${where}` : where);
  const what = `GET ${isOwn ? where : url.origin + url.pathname}`;
  const socket = isOwn ? await reach(spec.port!, signal) : undefined;
  const status = await ask(url, socket, signal).catch((error: unknown) => {
    throw new Error(`${what} ${reasonOf(error)}`, { cause: error });
  });
  return status >= 200 && status < 400 ? yes(`${what} answered ${status}`) : no(`${what} answered ${status}`);
};

/** Not imported: that would draw in fetch, WebSocket and web streams, 12 MiB in every daemon. */
const protocolOf = (url: URL) => process.getBuiltinModule(url.protocol === 'https:' ? 'node:https' : 'node:http');

/** Only the first line and the headers of the answer are waited for. */
function ask(url: URL, socket: Socket | undefined, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = protocolOf(url).request(url, {
      signal,
      headers: { 'user-agent': 'realm', connection: 'close' },
      ...(socket === undefined ? { agent: false } : { createConnection: () => socket }),
    });
    sent.once('response', (answer: IncomingMessage) => {
      resolve(answer.statusCode ?? 0);
      sent.destroy();
    });
    sent.on('error', (error) => {
      socket?.destroy();
      reject(error);
    });
    sent.end();
  });
}

function reasonOf(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (code === 'ECONNRESET') return 'was not answered: the connection was closed';
  if (code.startsWith('HPE_')) return 'was answered with something that is not HTTP';
  return `failed: ${message}`;
}
