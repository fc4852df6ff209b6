// A small honest engine over real files for tests of restores: a snapshot is a copied folder and a list of entries.
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ByteText, fromText, joined, toBytes, toPath } from '../../../../plugins/backup/byte-text.ts';
import type { Engine, Tools, WriteJob } from '../../../../plugins/backup/engine.ts';
import type { Entry } from '../../../../plugins/backup/entry.ts';
import type { Policy } from '../../../../plugins/backup/policy.ts';
import type { Snapshot, Verification } from '../../../../plugins/backup/snapshot.ts';
import { walk } from '../../../../plugins/backup/tree/walk.ts';

const sha = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

export class PlainEngine implements Engine {
  readonly kind = 'tree';
  readonly name: string;
  readonly notes: Verification[] = [];
  #count = 0;

  constructor(folder: string) {
    this.name = folder;
    mkdirSync(folder, { recursive: true });
  }

  async look() {
    return { is: 'ready' as const, why: 'it is there', freeBytes: null, usedPercent: null };
  }

  async policies() {
    return readdirSync(this.name);
  }

  async list(policy: string) {
    const folder = join(this.name, policy);
    const names = readdirSync(folder).sort();
    const snapshots = names.map(
      (name) => JSON.parse(readFileSync(join(folder, name, 'snapshot.json'), 'utf8')) as Snapshot,
    );
    return { snapshots: snapshots.sort((one, other) => one.startedAt - other.startedAt), unreadable: [] };
  }

  async write({ policy, trigger, tags }: WriteJob, tools: Tools) {
    const startedAt = tools.now();
    const label = `${startedAt}-${(this.#count += 1)}`;
    const path = join(this.name, policy.name, label);
    const data = fromText(join(path, 'data'));
    mkdirSync(join(path, 'data'), { recursive: true });
    const entries: Entry[] = [];
    const firsts = new Map<string, ByteText>();
    for (const found of walk({ roots: policy.roots, never: policy.never, trouble: () => {} })) {
      const { from, links, folderInode: _folder, isSparse: _sparse, ...entry } = found;
      const to = joined(data, entry.path);
      if (entry.type === 'folder') mkdirSync(toPath(to));
      if (entry.type === 'link') symlinkSync(toBytes(entry.target!), toPath(to));
      if (entry.type !== 'file') entries.push(entry);
      else {
        copyFileSync(toPath(from), toPath(to));
        const key = `${entry.device}:${entry.inode}`;
        const sameAs = links > 1 ? firsts.get(key) : undefined;
        firsts.set(key, firsts.get(key) ?? entry.path);
        entries.push({ ...entry, sha256: sha(readFileSync(toPath(from))), ...(sameAs !== undefined && { sameAs }) });
      }
    }
    const files = entries.filter((entry) => entry.type === 'file');
    const snapshot: Snapshot = {
      id: `${policy.name}/${label}`,
      policy: policy.name,
      label,
      uid: `u${label}`,
      slot: null,
      startedAt,
      endedAt: startedAt,
      trigger,
      status: 'complete',
      isSuspicious: false,
      files: files.length,
      bytes: files.reduce((sum, file) => sum + file.size, 0),
      anchor: '',
      path,
      host: 'h',
      tags,
      roots: policy.roots,
      verifiedAt: null,
      verifications: [],
      pin: undefined,
      damaged: [],
      change: undefined,
    };
    this.save(snapshot, entries);
    return { snapshot, troubles: [], copiedBytes: snapshot.bytes, linkedFiles: 0, tookMs: {}, resumedFiles: 0 };
  }

  /** Also of what no engine would write: tests of hostile ones say what they like. */
  save(snapshot: Snapshot, entries: readonly Entry[]): Snapshot {
    mkdirSync(snapshot.path, { recursive: true });
    writeFileSync(join(snapshot.path, 'snapshot.json'), JSON.stringify(snapshot));
    writeFileSync(join(snapshot.path, 'entries.jsonl'), entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
    return snapshot;
  }

  async *entries(snapshot: Snapshot): AsyncGenerator<Entry> {
    for (const line of readFileSync(join(snapshot.path, 'entries.jsonl'), 'utf8').split('\n'))
      if (line !== '') yield JSON.parse(line) as Entry;
  }

  async extract(snapshot: Snapshot, wanted: readonly { readonly entry: Entry; readonly to: string | Buffer }[]) {
    const damaged: { path: ByteText; why: string }[] = [];
    for (const { entry, to } of wanted) {
      try {
        const bytes = readFileSync(toPath(joined(fromText(join(snapshot.path, 'data')), entry.path)));
        if (sha(bytes) === entry.sha256) writeFileSync(to, bytes, { flag: 'wx' });
        else damaged.push({ path: entry.path, why: 'another SHA-256' });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
        damaged.push({ path: entry.path, why: 'it is gone' });
      }
    }
    return { damaged };
  }

  async verify(): Promise<Verification> {
    throw new Error('not in these tests');
  }

  async note(_snapshot: Snapshot, verification: Verification) {
    this.notes.push(verification);
  }
  async pin() {}
  async answer() {}
  async remove(snapshots: readonly Snapshot[]) {
    for (const { path } of snapshots) rmSync(path, { recursive: true });
  }
  async trash() {
    return [];
  }
  async undelete() {}
  async emptyTrash() {
    return 0;
  }
  async tidy() {}
}

export const policyOf = (name: string, roots: Policy['roots'], never: readonly string[] = []): Policy => ({
  name,
  watched: [],
  zone: 'UTC',
  roots,
  never,
  label: 'second',
  keep: { last: 10, floor: 0 },
  before: [],
  after: [],
  tolerate: 0,
  shrinkAlarm: 30,
  verifyAfterRun: 'new',
  realm: 'test',
  host: 'h',
});
