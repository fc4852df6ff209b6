// Services that bear witness from outside: each start writes a token and looks for copies; the machine tells what lives.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectDoor } from '../../core/daemon/client.ts';
import type { ServiceRow } from '../../plugins/services/verbs/ps.ts';
import { realm } from './realm.ts';

/**
 * A program for services. Usage: sh body.sh NAME quiet|chatty. Its token is its pid and when it began; after writing that,
 * it looks whether any that wrote before it still lives: of two copies at once, at least one sees the other.
 */
export const body = `
read -r _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ began _ </proc/$$/stat
file=$REALM_ROOT/tokens/$1
echo "$$-$began" >>"$file"
while IFS=- read -r pid at; do
  [ "$pid" = $$ ] && continue
  { read -r _ _ state _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ seen _ </proc/$pid/stat; } 2>/dev/null || continue
  [ "$seen" = "$at" ] && [ "$state" != Z ] && [ "$state" != X ] && echo "beside $pid: $$" >>"$file"
done <"$file"
[ $2 = quiet ] && exec sleep 1000
n=0
while :; do
  for i in 1 2 3 4 5 6 7 8 9 10; do
    n=$((n + 1))
    echo "$1 $$-$began $n"
  done
  sleep 0.05
done
`;

/** One life of a service, as it told of itself: its pid and when it began. */
export type Token = `${number}-${string}`;

export const pidOf = (token: Token): number => Number.parseInt(token, 10);

/** All that a service's lives wrote; throws when one of them saw another beside it. */
export function tokensOf(dir: string, name: string): readonly Token[] {
  const path = join(dir, 'tokens', name);
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const lines = text.split('\n').filter((line) => line !== ''); // a file that was only just made says nothing yet
  const beside = lines.filter((line) => line.startsWith('beside'));
  if (beside.length > 0) throw new Error(`${name} ran twice at once: ${beside.join('; ')} of ${lines.join(' ')}`);
  return lines as Token[];
}

/** Whether that very life goes on. */
export function isLiving(token: Token): boolean {
  try {
    const stat = readFileSync(`/proc/${pidOf(token)}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return !['Z', 'X'].includes(fields[0]!) && `${pidOf(token)}-${fields[19]}` === token;
  } catch {
    return false; // no such process
  }
}

export interface Found {
  readonly pid: number;
  readonly service: string;
  readonly command: string;
}

/** Every process on this machine that was started for a service of this realm, shims too. */
export function processesOf(dir: string): readonly Found[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const variables = readFileSync(`/proc/${name}/environ`, 'utf8').split('\0');
      const service = variables.find((one) => one.startsWith('REALM_SERVICE='))?.slice('REALM_SERVICE='.length);
      if (service === undefined || !variables.includes(`REALM_ROOT=${dir}`)) return [];
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      return command === '' ? [] : [{ pid: Number(name), service, command }]; // a zombie has no words
    } catch {
      return []; // ended meanwhile, or somebody else's
    }
  });
}

/** Nothing of a test may outlive it. */
export function killAll(dir: string): void {
  for (let turn = 0; turn < 20; turn++) {
    const left = processesOf(dir);
    if (left.length === 0) return;
    for (const { pid } of left) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // it ended between the look and the signal
      }
    }
  }
}

interface Printed {
  readonly lines: readonly string[];
  /** How often a piece was rotated away. */
  readonly pieces: number;
}

/** All that a service printed: the pieces that were rotated away and count, oldest first, and what is left in its log. */
export function printedBy(dir: string, name: string): Printed {
  const folder = join(dir, '.realm/logs/services');
  const log = join(folder, `${name}.log`);
  const stateNow = (): string => (existsSync(`${log}.json`) ? readFileSync(`${log}.json`, 'utf8') : '');
  for (;;) {
    const state = stateNow();
    const { start, pieces } = JSON.parse(state || '{"start":0,"pieces":[]}') as {
      start: number;
      pieces: readonly { readonly file: string }[];
    };
    const older = pieces.map(({ file }) => readFileSync(join(folder, file)));
    const text = Buffer.concat([...older, readFileSync(log).subarray(start)]).toString('utf8');
    if (stateNow() !== state) continue; // one was rotated away meanwhile
    return { lines: text.split('\n').filter((line) => line !== ''), pieces: pieces.length };
  }
}

interface Log {
  readonly lines: number;
  readonly pieces: number;
}

/** Throws when a life's numbered lines have a gap, or come twice. */
export function judgeLog(dir: string, name: string): Log {
  const last = new Map<string, number>();
  const { lines, pieces } = printedBy(dir, name);
  for (const line of lines) {
    const [, token = '', n] = line.split(' ');
    const before = last.get(token) ?? 0;
    if (Number(n) !== before + 1) throw new Error(`the log of ${name} goes from ${before} to ${n} in life ${token}`);
    last.set(token, Number(n));
  }
  return { lines: lines.length, pieces };
}

/** What `realm ps` would say, by name: asked of the daemon itself when there is one, which costs no process for each look. */
export async function servicesOf(dir: string): Promise<ReadonlyMap<string, ServiceRow>> {
  const answer = (await askDaemon(dir)) ?? (JSON.parse((await realm(dir, ['ps', '--json'])).stdout) as Ps);
  return new Map(answer.services.map((row) => [row.ref.slice('service/'.length), row]));
}

interface Ps {
  readonly services: readonly ServiceRow[];
}

/** Undefined when none answers. */
async function askDaemon(dir: string): Promise<Ps | undefined> {
  const door = await connectDoor(join(dir, '.realm')).catch(() => undefined);
  if (door === undefined || door.holder.purpose !== 'daemon') {
    await door?.close();
    return undefined;
  }
  return (door.invoke('services.ps', {}, 'user:test') as Promise<Ps>).finally(() => door.close());
}
