// Finds content that is damaged here in other targets, whichever engine keeps them.
import { closeSync, openSync, rmSync } from 'node:fs';
import { type ByteText, toPath } from '../byte-text.ts';
import type { Engine, Tools } from '../engine.ts';
import type { Entry } from '../entry.ts';
import type { Snapshot } from '../snapshot.ts';
import { digestOf } from './digest.ts';

interface Lead {
  readonly engine: Engine;
  readonly snapshot: Snapshot;
  readonly entry: Entry;
}

/** An engine that keeps no digests is asked by name and size; what comes out is hashed in any case. */
const key = ({ path, size, sha256 }: Entry): string => sha256 ?? `${size} ${path}`;
const MOST_LEADS = 4;

export class Elsewhere {
  readonly #policy: string;
  readonly #others: readonly Engine[];
  readonly #wanted: ReadonlySet<string>;
  #leads: Map<string, Lead[]> | undefined;

  constructor(policy: string, others: readonly Engine[], wanted: readonly Entry[]) {
    this.#policy = policy;
    this.#others = others;
    this.#wanted = new Set(wanted.flatMap((entry) => [key(entry), `${entry.size} ${entry.path}`]));
  }

  /** Writes the content of `entry` to `to` and says where it came from; undefined: nobody has it, and nothing is there. */
  async fetch(entry: Entry, to: ByteText, tools: Tools): Promise<string | undefined> {
    this.#leads ??= await this.#look(tools);
    for (const name of [key(entry), `${entry.size} ${entry.path}`]) {
      for (const { engine, snapshot, entry: other } of this.#leads.get(name) ?? []) {
        try {
          const { damaged } = await engine.extract(snapshot, [{ entry: other, to: toPath(to) }], tools);
          if (damaged.length === 0 && sha256Of(to) === entry.sha256) return `${snapshot.id} in ${engine.name}`;
        } catch (error) {
          tools.say(`${engine.name} does not give it: ${(error as Error).message}`);
        }
        rmSync(toPath(to), { force: true });
      }
    }
    return undefined;
  }

  /** The newest first: what was damaged lately was saved lately more often than not. */
  async #look(tools: Tools): Promise<Map<string, Lead[]>> {
    const leads = new Map<string, Lead[]>();
    for (const engine of this.#others) {
      try {
        const { snapshots } = await engine.list(this.#policy);
        for (const snapshot of snapshots.toReversed()) {
          tools.signal.throwIfAborted();
          for await (const entry of engine.entries(snapshot)) {
            if (entry.type !== 'file' || !this.#wanted.has(key(entry))) continue;
            const all = leads.get(key(entry)) ?? [];
            if (all.length < MOST_LEADS) leads.set(key(entry), [...all, { engine, snapshot, entry }]);
          }
        }
      } catch (error) {
        tools.signal.throwIfAborted();
        tools.say(`${engine.name} is no help in healing: ${(error as Error).message}`);
      }
    }
    return leads;
  }
}

function sha256Of(path: ByteText): string {
  const handle = openSync(toPath(path), 'r');
  try {
    return digestOf(handle).sha256;
  } finally {
    closeSync(handle);
  }
}
