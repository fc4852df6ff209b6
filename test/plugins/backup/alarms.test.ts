// Each promise of a backup that is broken tells a person, by itself, though all the others are kept: kernel, backup and alerts as they are.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { plainPaint } from '../../../core/cli/render/colour.ts';
import { planText } from '../../../core/cli/render/plan.ts';
import { invokerOf } from '../../../core/kernel/kernel-runs.ts';
import type { World } from '../../../core/kernel/world.ts';
import { InlineExecutor, type Invoke } from '../../../core/runs/inline-executor.ts';
import type { VirtualClock } from '../../../core/simulate/clock.ts';
import { type Alerted, alerted } from '../alerts/realm.ts';
import { receiver, type Receiver } from '../alerts/receiver.ts';

vi.setConfig({ testTimeout: 120_000 }); // many runs of real files
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

interface Stage {
  readonly phone: Receiver;
  readonly realm: Alerted;
  /** Actions of which every run says that it went well, and does nothing: what stops silently. */
  readonly dead: Set<string>;
  at(...path: string[]): string;
  edit(policy: string): Promise<void>;
  /** The snapshots in a target. */
  made(target: string): readonly string[];
  /** What the phone was told of the backup since the last call. */
  heard(): readonly string[];
}

const yamlOf = (policy: string): string =>
  `backups:\n  daily: { schedule: "0 * * * *", lateAfter: 30m, timezone: UTC, sources: [agents], ${policy} }\n`;

/** Runs are carried out in this process, on the clock of the test. `first`: what stands in `backups.daily`. */
async function staged(first: string, prepare: (root: string) => void = () => {}): Promise<Stage> {
  const phone = await receiver();
  const dead = new Set<string>();
  const ready = Promise.withResolvers<Alerted>();
  const world = (clock: VirtualClock): Partial<World> => {
    const invoke: Invoke = async (action, ...call) => {
      const realm = await ready.promise;
      return dead.has(action) ? null : clock.busy(invokerOf(realm.kernel.set)(action, ...call));
    };
    return { executor: new InlineExecutor({ clock, invoke }) };
  };
  const realm = await alerted(`  phone: { to: [{ webhook: "${phone.url}" }], digest: 1s }\n`, {
    start: '2026-11-21T12:10:00Z',
    plugins: ['backup'],
    yaml: yamlOf(first),
    prepare: (root) => {
      mkdirSync(join(root, 'agents'));
      writeFileSync(join(root, 'agents/soul.md'), 'careful\n');
      prepare(root);
    },
    world,
  });
  ready.resolve(realm);
  let policy = first;
  const edit = async (changed: string): Promise<void> => {
    const file = join(realm.realm.root, 'realm.config.yaml');
    realm.realm.write('realm.config.yaml', readFileSync(file, 'utf8').replace(yamlOf(policy), yamlOf(changed)));
    policy = changed;
    await realm.kernel.reload();
  };
  let told = 0;
  const heard = (): readonly string[] => {
    const items = phone.got.flatMap(({ body }) => body.items).slice(told);
    told += items.length;
    return items
      .filter(({ subject }) => subject === 'backup/daily')
      .map(({ state, message }) => `${state}: ${message.split('\n')[0]!.replace(`${state}: `, '')}`);
  };
  const at = (...path: string[]): string => join(realm.realm.root, ...path);
  const made = (target: string): readonly string[] =>
    readdirSync(at(target, 'daily'))
      .filter((name) => /^\d/.test(name))
      .toSorted();
  return { phone, realm, dead, edit, made, heard, at };
}

test('all is kept for hours: nobody is told anything', async () => {
  const { realm, heard, made } = await staged(
    'to: [backups, copies], keep: { last: 2 }, drill: { schedule: "30 * * * *" }, verify: { scrubWithin: 1h }',
  );
  await realm.pass(115 * MINUTE);
  expect(made('backups')).toEqual(['2026-11-21-130000', '2026-11-21-140000']);
  expect(made('copies')).toEqual(['2026-11-21-130000', '2026-11-21-140000']);
  expect(heard()).toEqual([]);
});

test('a backup that fails is told, and so is that it is well again', async () => {
  const { realm, heard, at } = await staged(
    'to: [backups], keep: { last: 2 }, commands: { before: [{ command: [test, -e, go] }] }',
  );
  await realm.pass(2 * MINUTE);
  expect(heard()[0]).toMatch(/^run-failed: backup\.run failed: the before command test ended with 1/);
  writeFileSync(at('go'), '');
  await realm.pass(10 * MINUTE);
  expect(heard()).toContain('recovered: backup.run succeeded');
});

test('a partial one is told, with what it lacks', async () => {
  const { realm, heard, at } = await staged('to: [backups], keep: { last: 9 }');
  await realm.pass(2 * MINUTE);
  expect(heard()).toEqual([]);
  rmSync(at('agents'), { recursive: true });
  await realm.pass(HOUR);
  const told = heard();
  expect(told.find((one) => one.startsWith('run-failed'))).toMatch(/lacks .*agents/);
  expect(told).toEqual(expect.arrayContaining([expect.stringMatching(/^degraded: .*is partial/)]));
});

test('Fresh: no run is made any more, and none has failed', async () => {
  const { realm, heard, dead } = await staged('to: [backups], keep: { last: 2 }');
  await realm.pass(2 * MINUTE);
  dead.add('backup.run');
  await realm.pass(70 * MINUTE);
  expect(heard()).toEqual([]);
  await realm.pass(20 * MINUTE);
  expect(heard()).toEqual([expect.stringMatching(/^degraded: .*last good \d+ min ago, .*; one was due \d+ min ago/)]);
  const drift = planText(
    await realm.door().drift({}),
    { write: () => {}, isTTY: false, columns: 120, paint: plainPaint },
    'Drift',
  );
  expect(drift).toMatch(/^~ backup\/daily: last good \d+ min ago, policy 60 min {2}\(drift, BackupDue\)\n/);
  dead.clear();
  await realm.pass(5 * MINUTE);
  expect(heard()).toEqual(['recovered: no longer: degraded']);
});

test('Retained: nothing is removed any more, though backups go on; what is only not removed yet calls nobody', async () => {
  const { realm, heard, dead, edit, made } = await staged('to: [backups], keep: { last: 9 }');
  await realm.pass(3 * HOUR);
  await edit('to: [backups], keep: { last: 3 }');
  await realm.pass(2 * MINUTE);
  expect(made('backups')).toHaveLength(3);
  expect(heard()).toEqual([]);
  dead.add('backup.prune');
  await edit('to: [backups], keep: { last: 1 }');
  await realm.pass(2 * MINUTE);
  expect(heard()).toEqual(['degraded: 2 more than the rules keep']);
  dead.clear();
  await realm.pass(10 * MINUTE);
  expect(made('backups')).toHaveLength(1);
  expect(heard()).toEqual(['recovered: no longer: degraded']);
});

test('Replicated: the other target is not written any more, though the first is', async () => {
  const { realm, heard, dead, at } = await staged('to: [backups, copies], keep: { last: 9 }');
  await realm.pass(55 * MINUTE); // made at 13:00
  dead.add('backup.run');
  rmSync(at('copies/daily/2026-11-21-130000'), { recursive: true });
  await realm.pass(30 * MINUTE);
  expect(heard()).toEqual([]);
  await realm.pass(40 * MINUTE);
  expect(heard()).toEqual([expect.stringMatching(/^degraded: .*copies lacks the newest/)]);
});

test('Verified: nothing is read again any more, though backups go on', async () => {
  const { realm, heard, dead } = await staged('to: [backups], keep: { last: 9 }, verify: { scrubWithin: 1h }');
  await realm.pass(2 * MINUTE);
  dead.add('backup.verify');
  await realm.pass(110 * MINUTE);
  expect(heard()).toEqual([]);
  await realm.pass(15 * MINUTE);
  expect(heard()).toEqual([expect.stringMatching(/^degraded: \d+ were not read again in time/)]);
});

test('Drilled: no restore is proven any more, though backups go on', async () => {
  const { realm, heard, dead } = await staged('to: [backups], keep: { last: 9 }, drill: { schedule: "30 * * * *" }');
  await realm.pass(2 * MINUTE);
  dead.add('backup.drill');
  await realm.pass(75 * MINUTE);
  expect(heard()).toEqual([]);
  await realm.pass(10 * MINUTE);
  expect(heard()).toEqual([expect.stringMatching(/^degraded: last proven restore \d+ min ago, daily\//)]);
});

const isRoot = process.getuid?.() === 0;
test.skipIf(!isRoot)(
  'TargetReady: a target over 90 % full is told before it fails (only root can mount one)',
  async () => {
    const mounted = (root: string): void => {
      mkdirSync(join(root, 'disk'));
      const done = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', join(root, 'disk')]);
      expect(done.status, String(done.stderr)).toBe(0);
      onTestFinished(() => void spawnSync('umount', [join(root, 'disk')]));
    };
    const { realm, heard, at, made } = await staged('to: [disk/backups], keep: { last: 9 }', mounted);
    await realm.pass(2 * MINUTE);
    expect(heard()).toEqual([]);
    writeFileSync(at('disk/big'), Buffer.alloc(7.5 * 1024 * 1024));
    await realm.pass(5 * MINUTE);
    expect(heard()).toEqual([expect.stringMatching(/^degraded: .*disk\/backups is 9\d % full/)]);
    await realm.pass(HOUR);
    expect(made('disk/backups'), 'it goes on').toEqual(['2026-11-21-120000', '2026-11-21-130000']);
    rmSync(at('disk/big'));
    await realm.pass(5 * MINUTE);
    expect(heard()).toContain('recovered: no longer: degraded');
  },
);
