// A TCP connection to a port of this machine, or why there is none.
import { connect, type Socket } from 'node:net';

/** Programs that listen on `localhost` often have only one of the two. */
const LOOPBACK = ['127.0.0.1', '::1'] as const;

/** Throws an error whose message says what happened. The caller destroys the socket. */
export async function reach(port: number, signal: AbortSignal): Promise<Socket> {
  for (const host of LOOPBACK) {
    const socket = await connected(host, port, signal);
    if (socket !== undefined) return socket;
  }
  throw new Error(`nobody listens on port ${port}`);
}

/** undefined: refused, or this machine has no such address. */
function connected(host: string, port: number, signal: AbortSignal): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const end = (): void => void socket.destroy(new Error('no connection in time'));
    signal.addEventListener('abort', end, { once: true });
    socket.once('close', () => signal.removeEventListener('abort', end));
    socket.once('connect', () => resolve(socket));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const isAbsent = ['ECONNREFUSED', 'EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(error.code ?? '');
      if (isAbsent) resolve(undefined);
      else reject(error);
    });
    if (signal.aborted) end();
  });
}
