// What tests of engines share: tools whose clock is moved by hand, a policy, and sources with every odd sort of file in them.
import { chmodSync, linkSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine, Tools, WriteJob } from '../../../plugins/backup/engine.ts';
import type { Policy } from '../../../plugins/backup/policy.ts';
import type { Snapshot } from '../../../plugins/backup/snapshot.ts';

export interface Rig {
  /** Anew each time, as another machine would open it. */
  readonly open: () => Engine;
  /** Damages the bytes that are kept for this file of the snapshot, and no others that matter here. */
  readonly damage: (snapshot: Snapshot, path: string, content: Buffer) => void;
}

/** Later than all that tests write: a file younger than the run that saves it is not trusted by the next. */
export const START = Date.UTC(2126, 10, 21, 7);
export const DAY = 86_400_000;

export interface TestTools extends Tools {
  at: number;
  readonly said: string[];
  readonly steps: string[];
}

/** A clock that stands still until it is moved. */
export function testTools(at: number, changes: Partial<Tools> = {}): TestTools {
  const said: string[] = [];
  const steps: string[] = [];
  let chance = at % 1_000_003;
  const tools: TestTools = {
    at,
    said,
    steps,
    now: () => tools.at,
    random: () => (chance = (chance * 48_271) % 2_147_483_647) / 2_147_483_647,
    signal: new AbortController().signal,
    progress: () => {},
    say: (message) => void said.push(message),
    step: (point) => void steps.push(point),
    ...changes,
  };
  return tools;
}

export function testPolicy(name: string, root: string, changes: Partial<Policy> = {}): Policy {
  return {
    name,
    zone: 'Europe/Berlin',
    roots: [{ from: join(root, 'agents'), as: 'agents', include: undefined, exclude: [] }],
    watched: [],
    never: [],
    label: 'day',
    keep: { last: 5, floor: 0 },
    before: [],
    after: [],
    tolerate: 0,
    shrinkAlarm: 30,
    verifyAfterRun: 'new',
    realm: 'lab',
    host: 'here',
    ...changes,
  };
}

export const testJob = (policy: Policy, changes: Partial<WriteJob> = {}): WriteJob => ({
  policy,
  trigger: 'manual',
  slot: null,
  tags: [],
  dumps: undefined,
  ...changes,
});

/** Something large enough to damage in the middle, and odd names of each sort. */
let state = 7;
export const WEIGHTS = Buffer.from(
  Array.from({ length: 40_000 }, () => (state = (state * 48_271) % 2_147_483_647) & 0xff), // nothing to compress
);

export function makeSources(root: string): void {
  const agents = join(root, 'agents');
  mkdirSync(join(agents, 'z/memory/empty'), { recursive: true });
  mkdirSync(join(agents, 'jay'));
  writeFileSync(join(agents, 'z/weights.bin'), WEIGHTS);
  writeFileSync(join(agents, 'z/memory/lessons.md'), '- say what you did\n');
  writeFileSync(join(agents, 'z/memory/zero'), '');
  writeFileSync(join(agents, 'z/run.sh'), '#!/bin/sh\n', { mode: 0o755 });
  chmodSync(join(agents, 'z/run.sh'), 0o2755);
  writeFileSync(join(agents, 'jay/with\nline [x] *?\\.txt'), 'odd\n');
  writeFileSync(Buffer.concat([Buffer.from(join(agents, 'jay/')), Buffer.of(0xff, 0xfe, 0x2e, 0x31)]), 'no text\n');
  linkSync(join(agents, 'z/weights.bin'), join(agents, 'z/weights.same'));
  symlinkSync('../z/weights.bin', join(agents, 'jay/link'));
  symlinkSync('/nowhere/at all', join(agents, 'jay/dangling'));
  utimesSync(join(agents, 'z/memory/lessons.md'), 1_600_000_000.25, 1_500_000_000.125);
}
