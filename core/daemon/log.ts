// The daemon's log: pino lines in `.realm/logs/realm.log`, a level per plugin, secrets masked.
import { join } from 'node:path';
import { pino } from 'pino';
import type { Clock } from '../clock.ts';
import { isoTime } from '../clock.ts';
import type { Log } from '../contract/context.ts';
import type { LogLevel, RealmSettings } from '../model/declaration.ts';
import type { Ref } from '../model/ref.ts';
import { LogFile } from './log-file.ts';

export interface Logs {
  /** The log of a plugin (or `kernel`), about a resource when one is given. */
  log(plugin: string, ref?: Ref): Log;
  /** Levels and mask of a config that was just loaded; in force at once. */
  configure(levels: RealmSettings['log'], mask: (text: string) => string): void;
  close(): void;
}

export interface LogsOptions {
  readonly stateDir: string;
  readonly clock: Clock;
  readonly largestBytes?: number;
}

const RANK: Readonly<Record<LogLevel, number>> = { debug: 20, info: 30, warn: 40, error: 50 };
const DEEPEST = 8;

export function createLogs({ stateDir, clock, ...size }: LogsOptions): Logs {
  const file = new LogFile({ path: join(stateDir, 'logs', 'realm.log'), clock, ...size });
  const out = pino(
    {
      level: 'debug',
      base: { pid: process.pid },
      timestamp: () => `,"time":"${isoTime(clock.now())}"`,
      formatters: { level: (level) => ({ level }) },
    },
    file,
  );
  let levels: RealmSettings['log'] = { level: 'info', plugins: {} };
  let mask = (text: string): string => text;
  const write = (level: LogLevel, about: object, message: string, fields: object = {}): void => {
    const plugin = (about as { readonly plugin: string }).plugin;
    const least = Object.hasOwn(levels.plugins, plugin) ? levels.plugins[plugin]! : levels.level;
    if (RANK[level] < RANK[least]) return;
    const shown = masked(fields, mask, DEEPEST) as object;
    out[level]({ ...shown, ...about }, mask(message));
  };
  return {
    log(plugin, ref) {
      const about = ref === undefined ? { plugin } : { plugin, ref };
      return {
        debug: (message, fields) => write('debug', about, message, fields),
        info: (message, fields) => write('info', about, message, fields),
        warn: (message, fields) => write('warn', about, message, fields),
        error: (message, fields) => write('error', about, message, fields),
      };
    },
    configure(newLevels, newMask) {
      levels = newLevels;
      mask = newMask;
    },
    close: () => file.close(),
  };
}

/** The same value with every text masked; plain data only, so that nothing in it can print a secret in its own way. */
function masked(value: unknown, mask: (text: string) => string, depth: number): unknown {
  if (typeof value === 'string') return mask(value);
  if (typeof value === 'bigint' || typeof value === 'function' || typeof value === 'symbol') return mask(String(value));
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) return '(deeper than the log goes)';
  const inner = (part: unknown): unknown => masked(part, mask, depth - 1);
  if (value instanceof Error) return masked(errorFields(value), mask, depth);
  if (Array.isArray(value)) return value.map(inner);
  if ('toJSON' in value && typeof value.toJSON === 'function') return inner(value.toJSON());
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [mask(key), inner(part)]));
}

function errorFields({ name, message, stack, cause, ...own }: Error): object {
  return { name, message, ...own, stack, ...(cause === undefined ? {} : { cause }) };
}
