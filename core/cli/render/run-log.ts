// What a long action logs, as lines on standard output, which is the log of its run.
import type { Clock } from '../../clock.ts';
import { isoTime } from '../../clock.ts';
import type { Log } from '../../contract/context.ts';
import { messageOf } from '../../errors.ts';
import type { LogLevel, RealmSettings } from '../../model/declaration.ts';
import type { Ref } from '../../model/ref.ts';
import type { Output } from './terminal.ts';
import { printable } from './text.ts';

export interface RunLogParts {
  readonly out: Pick<Output, 'write'>;
  readonly clock: Clock;
  readonly levels: RealmSettings['log'];
  /** Replaces the text of secrets. */
  readonly mask: (text: string) => string;
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** `2030-01-31T12:00:00.000Z info backup file/motd  copied files=12`, one line each. */
export function runLog({ out, clock, levels, mask }: RunLogParts): (plugin: string, ref?: Ref) => Log {
  return (plugin, ref) => {
    const least = LEVELS.indexOf(Object.hasOwn(levels.plugins, plugin) ? levels.plugins[plugin]! : levels.level);
    const about = ref === undefined ? plugin : `${plugin} ${ref}`;
    const write =
      (level: LogLevel) =>
      (message: string, fields: object = {}): void => {
        if (LEVELS.indexOf(level) < least) return;
        const said = Object.entries(fields).map(([key, value]) => ` ${key}=${fieldText(value, mask)}`);
        const line = `${isoTime(clock.now())} ${level.padEnd(5)} ${about}  ${message}${said.join('')}`;
        out.write(`${printable(mask(line))}\n`);
      };
    return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  };
}

/** Texts are masked before they are quoted; a value that is no JSON is still said somehow. */
function fieldText(value: unknown, mask: (text: string) => string): string {
  if (value instanceof Error) return mask(messageOf(value));
  try {
    const text = JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'string' ? mask(inner) : inner));
    return text ?? String(value);
  } catch {
    return String(value); // a circle, or a bigint
  }
}
