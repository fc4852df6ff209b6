// A realm of many small text files in a temporary folder, and a daemon that watches it.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { collect, realm, timeOf } from './process.ts';

export interface RealmFolder {
  readonly dir: string;
  readonly config: string;
  dispose(): void;
}

/** The config: `text` of the numbered resource may be given, all others say their number. */
export function configOf(
  count: number,
  changed: { readonly index: number; readonly text: string } | undefined,
): string {
  const files = Array.from({ length: count }, (_, index) => {
    const text = changed?.index === index ? changed.text : `file number ${index}`;
    return `  file-${index}:\n    path: files/${index}.txt\n    text: "${text}"\n`;
  });
  return `realm: { name: bench }\nplugins: [file]\nfiles:\n${files.join('')}`;
}

/** `count` file resources, applied: nothing is left to do. */
export async function appliedRealm(count: number): Promise<RealmFolder> {
  const dir = mkdtempSync(join(tmpdir(), 'realm-bench-'));
  const dispose = (): void => rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  const config = join(dir, 'realm.config.yaml');
  mkdirSync(join(dir, 'files'));
  writeFileSync(config, configOf(count, undefined));
  try {
    await timeOf(realm('apply', '--yes'), dir);
  } catch (error) {
    dispose();
    throw error;
  }
  return { dir, config, dispose };
}

export interface Watching {
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts `realm watch` and waits until the lease names it. */
export async function watchRealm(dir: string): Promise<Watching> {
  const [program = '', ...args] = realm('watch', '--yes');
  const child = spawn(program, args, { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = collect(child);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill('SIGINT');
    const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(late);
  };
  const lease = join(dir, '.realm/lease.json');
  for (const endsAt = performance.now() + 30_000; performance.now() < endsAt && child.exitCode === null;) {
    const pid = holderOf(lease);
    if (pid !== undefined) return { pid, stop };
    await pause(20);
  }
  await stop();
  throw new Error(`realm watch did not take the lease within 30 s\n${output()}`);
}

function holderOf(lease: string): number | undefined {
  try {
    const { pid } = JSON.parse(readFileSync(lease, 'utf8')) as { pid?: unknown };
    return typeof pid === 'number' ? pid : undefined;
  } catch {
    return undefined; // not there yet, or being written
  }
}
