// A watched change that somebody has to agree to: saved either way, asked about, answered, taken back. Real daemon, real files.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { realm, tempRealm, until, watch, type Watch } from '../../e2e/realm.ts';

vi.setConfig({ testTimeout: 180_000 }); // many commands, each slow on a busy machine

const config = (more = ''): string => `realm: { timezone: UTC }
plugins: [backup, alerts]
backups:
  on-change: { watch: [rules], approval: required, settle: 200ms, keep: { last: 10 }${more} }
alerts:
  told: { to: [{ file: told.jsonl }], digest: 100ms }
`;
const FILES = { 'realm.config.yaml': config(), 'rules/gate.yaml': 'gate: z\n', 'rules/weights.json': '{"a":1}' };

interface Row {
  readonly id: string;
  readonly path: string;
  readonly approval: string | null;
}
interface Approval {
  readonly id: string;
  readonly ref: string;
  readonly what: string;
  readonly state: string;
}
const json = async <T>(dir: string, ...args: string[]): Promise<T> => {
  const { stdout, stderr, code } = await realm(dir, [...args, '--json']);
  expect(code, stdout + stderr).toBe(0);
  return JSON.parse(stdout) as T;
};
const listed = async (dir: string): Promise<readonly Row[]> =>
  (await json<{ snapshots: Row[] }>(dir, 'backup', 'list', 'on-change')).snapshots;
const asked = async (dir: string): Promise<readonly Approval[]> =>
  (await json<{ approvals: Approval[] }>(dir, 'approvals')).approvals.filter(({ state }) => state === 'waiting');
const read = (dir: string): string => readFileSync(join(dir, 'rules/gate.yaml'), 'utf8');
const done = async (dir: string, ...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await realm(dir, args, { timeoutMs: 90_000 });
  expect(code, stdout + stderr).toBe(0);
  return stdout;
};
const told = (dir: string): string => {
  try {
    return readFileSync(join(dir, 'told.jsonl'), 'utf8');
  } catch {
    return ''; // nothing was told yet
  }
};

/** A daemon that has saved the state before the first change. */
async function watched(): Promise<{ dir: string; watching: Watch }> {
  const dir = await tempRealm(FILES);
  const watching = watch(dir);
  await until(async () => (await listed(dir)).length === 1, 60_000, 'the state before', watching.output);
  return { dir, watching };
}

/** Once more each time: nobody can see when it is listened to. */
async function changed(dir: string, text: string, watching: Watch): Promise<Row> {
  const before = (await listed(dir)).length;
  const saved = async (): Promise<boolean> => {
    writeFileSync(join(dir, 'gate.new'), text);
    renameSync(join(dir, 'gate.new'), join(dir, 'rules/gate.yaml')); // cut off and written again would be two changes
    return (await listed(dir)).length > before;
  };
  await until(saved, 60_000, `the state after ${text}`, watching.output);
  return (await listed(dir)).at(-1)!;
}

test('nobody agreed: saved before and after, marked, alarmed, listed; a yes is kept with the snapshot, who and why', async () => {
  const { dir, watching } = await watched();
  const after = await changed(dir, 'gate: jay\n', watching);
  expect(after.approval).toBe('unapproved');
  const [before] = await listed(dir);
  expect(readFileSync(join(before!.path, 'data/rules/gate.yaml'), 'utf8')).toBe('gate: z\n');
  expect(readFileSync(join(after.path, 'data/rules/gate.yaml'), 'utf8')).toBe('gate: jay\n');
  await until(async () => (await asked(dir)).length === 1, 60_000, 'the question', watching.output);
  const [question] = await asked(dir);
  expect(question!.what).toContain(`rules/gate.yaml changed, and nobody agreed to it; saved as ${after.id}`);
  await until(() => told(dir).includes('needs-you'), 60_000, 'the alarm', watching.output);
  expect(told(dir)).toContain(`realm approve ${question!.id}`);
  const sealed = readFileSync(join(after.path, 'backup.json'), 'utf8');

  await done(dir, 'approve', question!.id, '--why', 'jay is the gate now');
  const approved = async (): Promise<boolean> => (await listed(dir)).at(-1)!.approval === 'approved';
  await until(approved, 60_000, 'the answer in the snapshot', watching.output);
  expect(readFileSync(join(after.path, 'backup.json'), 'utf8'), 'a sealed record is not rewritten').toBe(sealed);
  const shown = await json<object>(dir, 'backup', 'show', 'on-change', '--id', after.id);
  expect(shown).toMatchObject({
    approval: 'approved',
    agreement: { state: 'approved', by: expect.stringMatching(/^user:/), why: 'jay is the gate now' },
  });
  expect(await asked(dir)).toEqual([]);
  await until(async () => (await realm(dir, ['drift'])).code === 0, 60_000, 'no drift', watching.output);
  await watching.stop();

  // Beside the snapshot, not in the database: another realm that opens the target knows it too.
  const { stdout } = await realm(dir, ['--state', join(dir, 'fresh'), 'backup', 'list', 'on-change', '--json']);
  expect((JSON.parse(stdout) as { snapshots: Row[] }).snapshots.at(-1)).toMatchObject({ approval: 'approved' });
});

test('denied, and taken back: what it changed is as before, itself recorded and agreed to; the way back stays open', async () => {
  const { dir, watching } = await watched();
  const after = await changed(dir, 'gate: nobody\n', watching);
  await until(async () => (await asked(dir)).length === 1, 60_000, 'the question', watching.output);
  await done(dir, 'deny', (await asked(dir))[0]!.id, '--why', 'no gate, no go');
  const denied = async (): Promise<boolean> => (await listed(dir)).at(-1)!.approval === 'denied';
  await until(denied, 60_000, 'the denial in the snapshot', watching.output);
  const why = await realm(dir, ['status', 'backup/on-change', '--json']);
  expect(why.stdout).toMatch(/"type": ?"Approved"[^}]*"reason": ?"Denied"/);

  writeFileSync(join(dir, 'rules/weights.json'), '{"a":2}'); // another change, which must stay
  const weights = async (): Promise<boolean> => (await listed(dir)).length === 3;
  await until(weights, 60_000, 'the other change', watching.output);
  const plan = await done(dir, 'backup', 'revert', after.id, '--dry-run');
  expect(plan).toMatch(/~ rules\/gate\.yaml {2}from on-change/);
  expect(plan).not.toContain('weights');
  expect(read(dir)).toBe('gate: nobody\n');

  const reverted = await done(dir, 'backup', 'revert', after.id, '--why', 'denied');
  expect(read(dir)).toBe('gate: z\n');
  expect(readFileSync(join(dir, 'rules/weights.json'), 'utf8')).toBe('{"a":2}');
  const rows = await listed(dir);
  expect(rows.find(({ id }) => id === after.id)).toMatchObject({ approval: 'reverted' });
  let saved: Row | undefined;
  const isSaved = async (): Promise<boolean> => {
    saved = (await listed(dir)).findLast(({ approval }) => approval === 'approved');
    return saved !== undefined;
  };
  await until(isSaved, 60_000, 'the revert saved', watching.output);
  const shown = await json<object>(dir, 'backup', 'show', 'on-change', '--id', saved!.id);
  expect(shown).toMatchObject({
    agreement: { why: `revert of ${after.id}: denied` },
    change: { paths: ['rules/gate.yaml'] },
  });

  const [, undo] = /realm backup (undo \S+)/.exec(reverted)!;
  await done(dir, 'backup', ...undo!.split(' '));
  expect(read(dir)).toBe('gate: nobody\n');
  await watching.stop();
});

test('agreed beforehand: by a word at once, or before the change; for one change, and not for the next', async () => {
  const dir = await tempRealm(FILES);
  await done(dir, 'backup', 'run', 'on-change');
  const announced = await done(dir, 'backup', 'run', 'on-change', '--why', 'jay takes over');
  expect(announced).toContain('the next change within an hour is approved');
  writeFileSync(join(dir, 'rules/gate.yaml'), 'gate: jay\n');
  await done(dir, 'apply', '--yes');
  expect((await listed(dir)).at(-1)).toMatchObject({ approval: 'approved' });
  writeFileSync(join(dir, 'rules/gate.yaml'), 'gate: rick\n');
  const ran = await done(dir, 'backup', 'run', 'on-change', '--why', 'rick after all');
  expect(ran).toMatch(/changed: rules\/gate\.yaml, approved by user:\S+: rick after all/);
  writeFileSync(join(dir, 'rules/gate.yaml'), 'gate: nobody\n');
  const open = await done(dir, 'backup', 'run', 'on-change');
  expect(open).toContain('unapproved');
  expect((await listed(dir)).map(({ approval }) => approval)).toEqual([
    null,
    null,
    'approved',
    'approved',
    'unapproved',
  ]);
  expect(await done(dir, 'backup', 'list')).toMatch(/complete, unapproved/);
});

test('a revert refuses clearly when there is no before: not a change, or it is no longer kept', async () => {
  const dir = await tempRealm({ ...FILES, 'realm.config.yaml': config().replace('last: 10', 'last: 1') });
  await done(dir, 'backup', 'run', 'on-change');
  const refused = async (id: string): Promise<string> => {
    const { code, stdout, stderr } = await realm(dir, ['backup', 'revert', id]);
    expect(code).toBe(1);
    return stdout + stderr;
  };
  const [first] = await listed(dir);
  expect(await refused(first!.id)).toContain('saved no change, so nothing was before it');
  writeFileSync(join(dir, 'rules/gate.yaml'), 'gate: jay\n');
  await done(dir, 'backup', 'run', 'on-change');
  const [last, ...others] = await listed(dir);
  expect(others).toEqual([]);
  expect(await refused(last!.id)).toMatch(/the state before it, is no longer kept .*realm backup undelete on-change/s);
  expect(read(dir)).toBe('gate: jay\n');
  expect(await refused('on-change/1999-01-01-000000')).toContain('BACKUP_UNKNOWN');
});
