// Asks one service of a host how it is: over HTTP at `/health`, or whether its port accepts a connection.
import { connect } from 'node:net';
import type { Context } from 'realm-runner/plugin';
import { deadline } from './deadline.ts';
import { inUrl, type OfferedService } from './spec.ts';

export const PROBE_MS = 5_000;

export interface Answer {
  readonly healthy: boolean;
  /** Something at this address answered, healthy or not. */
  readonly answered: boolean;
  readonly latencyMs: number | null;
  /** One clause: `HTTP 503 from /health`. */
  readonly why: string;
}

/** Never rejects. The whole answer has to be there in time, however slowly it trickles. */
export async function probe(service: OfferedService, address: string, ctx: Context): Promise<Answer> {
  const late = deadline(ctx, PROBE_MS);
  const beganAt = ctx.now();
  const { signal } = late;
  try {
    const said = await (service.protocol === 'tcp' ? connected : answered)(service, address, signal);
    return { ...said, answered: true, latencyMs: Math.max(0, ctx.now() - beganAt) };
  } catch (error) {
    return { healthy: false, ...whatFailed(error, signal), latencyMs: null };
  } finally {
    late.cancel();
  }
}

type Said = Pick<Answer, 'healthy' | 'why'>;

/** Node's own agents keep connections, and with them a host that went away. */
function answered({ protocol, port, health }: OfferedService, address: string, signal: AbortSignal): Promise<Said> {
  const { promise, resolve, reject } = Promise.withResolvers<Said>();
  // Not imported: that would draw in fetch, WebSocket and web streams, 12 MiB in every daemon.
  const { request } = process.getBuiltinModule(protocol === 'https' ? 'node:https' : 'node:http');
  const asked = request(`${protocol}://${inUrl(address)}:${port}${health}`, {
    agent: false,
    signal,
    headers: { 'user-agent': 'realm', connection: 'close' },
  });
  asked.on('response', (response) => {
    const status = response.statusCode ?? 0;
    response.resume();
    response.on('end', () => resolve({ healthy: status >= 200 && status < 400, why: `HTTP ${status} from ${health}` }));
    response.on('error', reject);
  });
  asked.on('error', reject);
  asked.end();
  return promise;
}

function connected({ port }: OfferedService, address: string, signal: AbortSignal): Promise<Said> {
  const { promise, resolve, reject } = Promise.withResolvers<Said>();
  const socket = connect({ host: address, port, signal });
  socket.on('connect', () => {
    resolve({ healthy: true, why: `port ${port} accepts connections` });
    socket.destroy();
  });
  socket.on('error', reject);
  return promise;
}

/** System errors that only a machine that is there can cause. */
const FROM_THERE = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'EPROTO'];
const NO_WAY = ['EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ENETDOWN', 'ETIMEDOUT', 'EADDRNOTAVAIL'];
const NO_NAME = ['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA', 'EAI_NONAME'];

function whatFailed(error: unknown, signal: AbortSignal): Pick<Answer, 'answered' | 'why'> {
  if (signal.aborted) return { answered: false, why: messageOf(signal.reason) };
  const code = codeOf(error);
  if (NO_NAME.includes(code)) return { answered: false, why: 'its address cannot be resolved' };
  if (code === 'ECONNREFUSED') return { answered: true, why: 'nothing listens on its port' };
  if (NO_WAY.includes(code)) return { answered: false, why: `there is no way to it (${code})` };
  const isSpoken = FROM_THERE.includes(code) || /^(HPE_|ERR_SSL_|ERR_TLS_|CERT_|DEPTH_|SELF_|UNABLE_)/.test(code);
  return { answered: isSpoken, why: code === '' ? messageOf(error) : `${messageOf(error)} (${code})` };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
