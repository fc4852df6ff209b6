// Starts a process that writes one snapshot of a world, and hears how it ended.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Written } from '../../../../plugins/backup/engine.ts';
import type { World } from './world.ts';
import type { Wish } from './writer.ts';

export interface Ended {
  readonly signal: NodeJS.Signals | null;
  readonly written?: Written;
  readonly failed?: { readonly code: string; readonly message: string };
  /** The steps it went through. */
  readonly seen?: readonly string[];
}

const file = join(import.meta.dirname, 'writer.ts');

const argsFor = (w: World, wish: Partial<Wish>): readonly string[] => {
  const options = { path: w.target, root: w.folder, reserveBytes: 0, racyMs: 0, threads: 1, ...wish.options };
  return [file, JSON.stringify({ policy: w.policy(), ...wish, options } satisfies Wish)];
};

/** Waits for its end. `env`: besides that of this process. */
export function runChild(w: World, wish: Partial<Wish> = {}, env: Readonly<Record<string, string>> = {}): Ended {
  const options = { encoding: 'utf8', env: { ...process.env, ...env } } as const;
  const { stdout, stderr, signal } = spawnSync(process.execPath, argsFor(w, wish), options);
  expect(stderr).toBe('');
  return { signal, ...(stdout === '' ? {} : (JSON.parse(stdout) as object)) };
}

/** `ended` resolves once it has. */
export function startChild(
  w: World,
  wish: Partial<Wish> = {},
): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
  const child = spawn(process.execPath, argsFor(w, wish), { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (_status, signal) => resolve({ signal, ...(out === '' ? {} : (JSON.parse(out) as object)) }));
  });
  return { child, ended };
}
