// Reads what restic says in JSON: one object a line, with kinds of lines that nobody knows yet, and lines that are no JSON.

/** The object in a line; undefined for anything else, such as a progress bar or a warning in between. */
export function jsonOf(line: string): Record<string, unknown> | undefined {
  const start = line.indexOf('{');
  if (start < 0) return undefined;
  try {
    const value: unknown = JSON.parse(line.slice(start));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined; // no JSON after all
  }
}

const MODE = { setuid: 1 << 23, setgid: 1 << 22, sticky: 1 << 20 };

/** A node of `restic ls --json`. */
export interface Node {
  /** Absolute; bytes that are no UTF-8 have become U+FFFD. */
  readonly path: string;
  readonly type: string;
  readonly size: number;
  /** Permission bits as in POSIX; restic writes those of Go. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeNs: string;
  readonly ctimeNs: string;
}

const TIME = /^(\d{4}-.*T[\d:]+)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;

/** RFC 3339 with up to nine decimals, as Go writes it; 0 for none, or what is outside of what a clock can show. */
function nsOf(time: unknown): string {
  const [, seconds, fraction = '', zone = ''] = TIME.exec(String(time)) ?? [];
  const ms = Date.parse(`${seconds}${zone}`);
  return Number.isNaN(ms) ? '0' : String(BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0')));
}

export function nodeOf(line: string): Node | undefined {
  const json = jsonOf(line);
  const { path, type, size, mode, uid, gid, mtime, ctime } = json ?? {};
  const isNode = json?.['struct_type'] === 'node' || json?.['message_type'] === 'node';
  if (!isNode || typeof path !== 'string' || typeof type !== 'string') return undefined;
  const go = Number(mode ?? 0);
  const special = (go & MODE.setuid ? 0o4000 : 0) | (go & MODE.setgid ? 0o2000 : 0) | (go & MODE.sticky ? 0o1000 : 0);
  return {
    path,
    type,
    size: Number(size ?? 0),
    mode: (go & 0o777) | special,
    uid: Number(uid ?? 0),
    gid: Number(gid ?? 0),
    mtimeNs: nsOf(mtime),
    ctimeNs: nsOf(ctime),
  };
}
