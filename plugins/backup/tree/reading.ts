// Everything an engine of plain folders does with snapshots that are there: the half that makes none.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine, Tools } from '../engine.ts';
import { type Owner, parted } from '../owner.ts';
import type { Snapshot } from '../snapshot.ts';
import { sweepAbandoned } from './abandoned.ts';
import { heal } from './heal.ts';
import { folderOf, hold } from './hold.ts';
import { isHidden, trashFolder } from './layout.ts';
import { listPolicy, readSnapshot } from './list.ts';
import { addNotes } from './notes.ts';
import { entriesOf, extract } from './read.ts';
import { emptyTrash, purgeTrash, putInTrash, takeFromTrash, trashed } from './trash.ts';
import { verify } from './verify.ts';

type Reading = Required<
  Pick<
    Engine,
    | 'policies'
    | 'list'
    | 'verify'
    | 'heal'
    | 'entries'
    | 'extract'
    | 'note'
    | 'pin'
    | 'answer'
    | 'remove'
    | 'trash'
    | 'undelete'
    | 'emptyTrash'
    | 'tidy'
  >
>;

/**
 * `guard` throws BACKUP_TARGET_UNREADABLE unless the target is the one that is meant: what is not mounted holds nothing,
 * and must never be taken for a target without snapshots.
 */
export function reading(target: string, guard: () => void, owner?: Owner): Reading {
  return {
    async policies() {
      guard();
      const entries = readdirSync(target, { withFileTypes: true });
      return entries.filter((one) => one.isDirectory() && !isHidden(one.name)).map(({ name }) => name);
    },
    async list(policy) {
      guard();
      const { snapshots, unreadable } = listPolicy(target, policy);
      const { own, others } = parted(snapshots, owner);
      return { snapshots: own, unreadable, ...(others.length > 0 && { others }) };
    },
    async verify(snapshot, level, tools, slice) {
      guard();
      return verify(target, snapshot, level, tools, slice);
    },
    async heal(snapshot, others, tools) {
      guard();
      return heal(target, snapshot, others, tools);
    },
    entries(snapshot, holding) {
      guard();
      return entriesOf(target, snapshot, holding);
    },
    async extract(snapshot, wanted, tools) {
      guard();
      return extract(target, snapshot, wanted, tools);
    },
    async note(snapshot, verification) {
      guard();
      folderOf(target, snapshot);
      addNotes(target, snapshot.uid, [{ note: 'verified', ...verification }]);
    },
    async pin(snapshot, pin) {
      guard();
      hold(target, snapshot);
      addNotes(target, snapshot.uid, [pin === undefined ? { note: 'unpinned' } : { note: 'pinned', ...pin }]);
    },
    async answer(snapshot, answer) {
      guard();
      folderOf(target, snapshot);
      addNotes(target, snapshot.uid, [{ note: 'answered', ...answer }]);
    },
    async remove(snapshots, why, tools) {
      guard();
      remove(target, snapshots, why, tools);
    },
    async trash(policy) {
      guard();
      return inTrash(target, policy);
    },
    async undelete(snapshot, tools) {
      guard();
      takeFromTrash(target, snapshot, tools);
    },
    async emptyTrash(policy, tools, most) {
      guard();
      return emptyTrash(target, policy, most, tools);
    },
    async tidy(policy, tools) {
      guard();
      sweepAbandoned(target, policy, tools);
      purgeTrash(target, tools);
    },
  };
}

function remove(target: string, all: readonly Snapshot[], why: (one: Snapshot) => string, tools: Tools): void {
  for (const one of all) folderOf(target, one); // all of them are there, or none is touched
  for (const [index, one] of all.entries()) {
    tools.signal.throwIfAborted();
    putInTrash(target, one, why(one), tools);
    tools.progress({ phase: 'remove', done: index + 1, total: all.length });
  }
}

async function inTrash(target: string, policy: string): ReturnType<Engine['trash']> {
  const found: { snapshot: Snapshot; why: string; purgeAt: number }[] = [];
  for (const { name, label, why, purgeAt, ...one } of trashed(target)) {
    if (one.policy !== policy) continue;
    const snapshot = readSnapshot(target, policy, join(trashFolder(target), name));
    if (snapshot === null || !('uid' in snapshot)) continue;
    found.push({ snapshot: { ...snapshot, label, id: `${policy}/${label}` }, why, purgeAt });
  }
  return found;
}
