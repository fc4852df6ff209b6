// Backups as their users have them: a promise in the YAML, snapshots in folders, damage that is found, files that come back.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { HANGS_MS, realm, tempRealm, until, watch } from './realm.ts';

vi.setConfig({ testTimeout: 180_000 }); // many commands, each slow on a busy machine

/** In a zone in which it is about noon, neither midnight nor the slot comes in the middle of a test. */
const AHEAD = 12 - new Date().getUTCHours();
const ZONE = `Etc/GMT${AHEAD > 0 ? '-' : '+'}${Math.abs(AHEAD)}`; // their signs are the other way round
const CONFIG = `realm: { timezone: ${ZONE} }
plugins: [backup]
backups:
  daily:
    schedule: "0 7 * * *"
    sources: [agents, { from: rules, include: ["*.yaml"] }]
    to: [backups]
    keep: { last: 3 }
`;
const FILES = {
  'realm.config.yaml': CONFIG,
  'agents/z/SOUL.md': 'careful\n',
  'agents/z/memory/notes.md': 'first\n',
  'agents/z/weights.json': '{"a":1}',
  'agents/jay/weights.json': '{"b":2}',
  'rules/gate.yaml': 'gate: z\n',
  'rules/scratch.tmp': 'not saved',
};

interface Snapshots {
  readonly snapshots: readonly {
    readonly id: string;
    readonly policy: string;
    readonly path: string;
    readonly status: string;
    readonly files: number;
    readonly verifiedAt: string | null;
  }[];
}
const listed = async (dir: string): Promise<Snapshots['snapshots']> =>
  (JSON.parse((await realm(dir, ['backup', 'list', 'daily', '--json'])).stdout) as Snapshots).snapshots;
const lastLine = (text: string): Record<string, unknown> =>
  JSON.parse(text.trim().split('\n').at(-1)!) as Record<string, unknown>;
const today = (): string => new Date(Date.now() + AHEAD * 3_600_000).toISOString().slice(0, 10);

test('by hand: made, listed, verified without Realm, restored elsewhere', async () => {
  const dir = await tempRealm(FILES);
  const ran = await realm(dir, ['backup', 'run', 'daily', '--json']);
  expect(ran, ran.stdout + ran.stderr).toMatchObject({ code: 0 });
  expect(lastLine(ran.stdout)).toMatchObject({ run: { state: 'succeeded' } });

  const [snapshot] = await listed(dir);
  expect(snapshot).toMatchObject({ policy: 'daily', status: 'complete', files: 5 });
  expect(snapshot!.path).toBe(join(dir, 'backups/daily', today()));
  expect(snapshot!.verifiedAt).not.toBeNull();
  expect(readdirSync(snapshot!.path).sort()).toEqual([
    'backup.json',
    'bag-info.txt',
    'bagit.txt',
    'data',
    'entries.jsonl',
    'manifest-sha256.txt',
    'tagmanifest-sha256.txt',
  ]);
  const checked = spawnSync('sha256sum', ['-c', '--quiet', 'manifest-sha256.txt'], { cwd: snapshot!.path });
  expect(checked.status, String(checked.stderr)).toBe(0);
  expect(readFileSync(join(snapshot!.path, 'data/agents/z/memory/notes.md'), 'utf8')).toBe('first\n');
  expect(existsSync(join(snapshot!.path, 'data/rules/scratch.tmp'))).toBe(false);

  const to = join(dir, 'elsewhere');
  const restored = await realm(dir, ['backup', 'restore', 'daily', '--to', to]);
  expect(restored, restored.stdout + restored.stderr).toMatchObject({ code: 0 });
  expect(spawnSync('diff', ['-r', join(dir, 'agents'), join(to, 'agents')]).status).toBe(0);
});

test('a flipped byte is found and named, and verify fails', async () => {
  const dir = await tempRealm(FILES);
  expect(await realm(dir, ['backup', 'run', 'daily'])).toMatchObject({ code: 0 });
  const [snapshot] = await listed(dir);
  const soul = join(snapshot!.path, 'data/agents/z/SOUL.md');
  chmodSync(soul, 0o644);
  writeFileSync(soul, 'Careful\n');
  const verified = await realm(dir, ['backup', 'verify', 'daily', '--deep']);
  expect(verified.code).toBe(1);
  expect(verified.stdout).toContain('agents/z/SOUL.md');
  expect((await listed(dir))[0]).toMatchObject({ status: 'damaged' });
});

test('what is due is drift, apply mends it, and what no rule keeps goes', async () => {
  const dir = await tempRealm(FILES);
  const drift = await realm(dir, ['drift']);
  expect(drift.code).toBe(3);
  expect(drift.stdout).toMatch(/backup\/daily.*BackupDue/s);
  const applied = await realm(dir, ['apply', '--yes']);
  expect(applied, applied.stdout + applied.stderr).toMatchObject({ code: 0 });
  expect(await realm(dir, ['drift'])).toMatchObject({ code: 0 });
  expect(await listed(dir)).toHaveLength(1);
  for (let turn = 0; turn < 3; turn += 1) {
    writeFileSync(join(dir, 'agents/z/memory/notes.md'), `turn ${turn}\n`);
    expect(await realm(dir, ['backup', 'run', 'daily'])).toMatchObject({ code: 0 });
  }
  const kept = await listed(dir);
  expect(kept.map(({ id }) => id)).toEqual([2, 3, 4].map((n) => `daily/${today()}.${n}`));
  const plan = await realm(dir, ['backup', 'prune', 'daily', '--plan']);
  expect(plan.stdout).toContain('last 1 of 3');
});

test('a daemon keeps the promise: a new realm has its snapshot at once, and one that is lost is made again', async () => {
  const dir = await tempRealm(FILES);
  const watching = watch(dir);
  const path = join(dir, 'backups/daily', today());
  await until(() => existsSync(join(path, 'backup.json')), HANGS_MS, 'the first snapshot', watching.output);
  await until(
    async () => (await realm(dir, ['drift'])).code === 0,
    HANGS_MS,
    'the realm to be as it should',
    watching.output,
  );
  let told = '';
  const isTold = async (): Promise<boolean> =>
    (told = (await realm(dir, ['events', '--type', 'backup.completed', '--json'])).stdout) !== '';
  await until(isTold, HANGS_MS, 'the snapshot to be told', watching.output);
  expect(lastLine(told)).toMatchObject({ type: 'backup.completed', ref: 'backup/daily' });
  rmSync(path, { recursive: true });
  expect(await realm(dir, ['apply', '--yes'])).toMatchObject({ code: 0 });
  await until(() => existsSync(join(path, 'backup.json')), HANGS_MS, 'another snapshot', watching.output);
  await watching.stop();
});

test('on change: what is watched is saved before its first change and after each; a file that was only touched is not', async () => {
  const dir = await tempRealm({
    'realm.config.yaml':
      'realm: { timezone: UTC }\nplugins: [backup]\nbackups:\n  on-change: { watch: ["rules/**/*.yaml"], sources: [rules, notes.txt], settle: 300ms, keep: { last: 10 } }\n',
    'rules/deep/gate.yaml': 'gate: z\n',
    'notes.txt': 'saved, and not watched\n',
  });
  const listed = async (): Promise<readonly { path: string }[]> =>
    (
      JSON.parse((await realm(dir, ['backup', 'list', 'on-change', '--json'])).stdout) as {
        snapshots: { path: string }[];
      }
    ).snapshots;
  const gate = (path: string): string => readFileSync(join(path, 'data/rules/deep/gate.yaml'), 'utf8');
  const watching = watch(dir);
  await until(async () => (await listed()).length === 1, HANGS_MS, 'the state before', watching.output);
  writeFileSync(join(dir, 'rules/deep/gate.yaml'), 'gate: jay\n'); // whether it is listened to by now or not
  await until(async () => (await listed()).length === 2, HANGS_MS, 'the state after', watching.output);
  expect((await listed()).map(({ path }) => gate(path))).toEqual(['gate: z\n', 'gate: jay\n']);
  const shown = JSON.parse((await realm(dir, ['backup', 'show', 'on-change', '--json'])).stdout) as object;
  expect(shown).toMatchObject({ change: { phase: 'after', paths: ['rules/deep/gate.yaml'] } });
  utimesSync(join(dir, 'rules/deep/gate.yaml'), new Date(), new Date());
  expect(await realm(dir, ['apply', '--yes'])).toMatchObject({ code: 0 });
  expect(await listed()).toHaveLength(2);
  writeFileSync(join(dir, 'notes.txt'), 'another text\n');
  expect(await realm(dir, ['apply', '--yes'])).toMatchObject({ code: 0 });
  expect(await listed()).toHaveLength(2);
  const beats = setInterval(() => writeFileSync(join(dir, 'rules/deep/heartbeat'), String(Math.random())), 100);
  onTestFinished(() => clearInterval(beats));
  writeFileSync(join(dir, 'rules/deep/gate.yaml'), 'gate: rick\n');
  await until(async () => (await listed()).length === 3, HANGS_MS, 'the change beside a heartbeat', watching.output);
  clearInterval(beats);
  await watching.stop();
});

test('machine and config are gone: a realm from the folder of its backups, and an undo of a restore in place', async () => {
  const dir = await tempRealm(FILES);
  writeFileSync(join(dir, 'realm.config.yaml'), CONFIG.replace('[agents,', '[agents, realm.config.yaml,'));
  expect(await realm(dir, ['backup', 'run', 'daily'])).toMatchObject({ code: 0 });
  const bare = await tempRealm({ 'realm.config.yaml': 'plugins: [backup]\n' });
  const back = await realm(bare, ['backup', 'bootstrap', join(dir, 'backups'), join(bare, 'new')]);
  expect(back, back.stdout + back.stderr).toMatchObject({ code: 0 });
  expect(spawnSync('diff', ['-r', join(dir, 'agents'), join(bare, 'new/agents')]).status).toBe(0);
  expect(await realm(join(bare, 'new'), ['validate'])).toMatchObject({ code: 0 });

  writeFileSync(join(dir, 'agents/z/SOUL.md'), 'careless\n');
  const soul = (): string => readFileSync(join(dir, 'agents/z/SOUL.md'), 'utf8');
  const plan = await realm(dir, ['backup', 'restore', 'daily', '--dry-run']);
  expect(plan.stdout).toMatch(/~ agents\/z\/SOUL\.md {2}from daily/);
  expect(soul()).toBe('careless\n');
  const inPlace = await realm(dir, ['backup', 'restore', 'daily', '--in-place', '--path', 'agents/z']);
  expect(inPlace, inPlace.stdout + inPlace.stderr).toMatchObject({ code: 0 });
  expect(soul()).toBe('careful\n');
  expect(await realm(dir, ['backup', 'undo'])).toMatchObject({ code: 0 });
  expect(soul()).toBe('careless\n');
});
