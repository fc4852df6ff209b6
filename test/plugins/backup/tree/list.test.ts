// Which snapshots there are: what people put beside them is theirs, and what cannot be read is never nothing.
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Listing } from '../../../../plugins/backup/engine.ts';
import { plan } from '../../../../plugins/backup/retention/plan.ts';
import type { Snapshot } from '../../../../plugins/backup/snapshot.ts';
import { reading } from '../../../../plugins/backup/tree/reading.ts';
import { make, scratch, START, tools } from './make.ts';

let [target, dispose] = ['', () => {}];
beforeEach(() => ({ target, dispose } = scratch()));
afterEach(() => dispose());

const engine = (): ReturnType<typeof reading> => reading(target, () => {});
const list = (): Promise<Listing> => engine().list('daily');
const one = async (): Promise<Snapshot> => (await list()).snapshots[0]!;
const rewrite = (path: string, change: (text: string) => string): void => {
  const text = change(readFileSync(path, 'utf8'));
  rmSync(path);
  writeFileSync(path, text);
};

test('oldest first, with what is known of each', async () => {
  make(target, { a: 'one' }, { label: '2026-11-22', startedAt: START + 86_400_000 });
  make(target, { a: 'one' }, { label: '2026-11-21', status: 'partial' });
  const { snapshots, unreadable } = await list();
  expect(unreadable).toEqual([]);
  expect(snapshots.map(({ id, status }) => [id, status])).toEqual([
    ['daily/2026-11-21', 'partial'],
    ['daily/2026-11-22', 'complete'],
  ]);
  expect(snapshots[0]).toMatchObject({ files: 1, bytes: 3, startedAt: START, path: join(target, 'daily/2026-11-21') });
});

test('a policy without a folder has no snapshots', async () => {
  expect(await list()).toEqual({ snapshots: [], unreadable: [] });
});

test("people's own folders, files and links, and what is being made, are left alone and not mentioned", async () => {
  const folder = make(target, { a: 'one' });
  mkdirSync(join(target, 'daily/my notes/deep'), { recursive: true });
  mkdirSync(Buffer.from(`${target}/daily/\xff`, 'latin1'));
  writeFileSync(join(target, 'daily/my notes/data'), '');
  writeFileSync(join(target, 'daily/README'), '');
  symlinkSync('2026-11-21', join(target, 'daily/latest'));
  renameSync(make(target, { a: 'two' }, { label: 'x' }), join(target, 'daily/.partial-x'));
  expect((await list()).snapshots.map(({ path }) => path)).toEqual([folder]);
  expect((await list()).unreadable).toEqual([]);
});

test.each([
  ['no record at all', (folder: string) => rmSync(`${folder}/backup.json`)],
  ['an empty record', (folder: string) => rewrite(`${folder}/backup.json`, () => '')],
  ['half a record', (folder: string) => rewrite(`${folder}/backup.json`, (text) => text.slice(0, 90))],
  ['a record that is a list', (folder: string) => rewrite(`${folder}/backup.json`, () => '[]')],
  [
    'a record of another policy',
    (folder: string) => rewrite(`${folder}/backup.json`, (t) => t.replace('"daily"', '"other"')),
  ],
  [
    'a uid that leads elsewhere',
    (folder: string) => rewrite(`${folder}/backup.json`, (t) => t.replace(/uid-[^"]*/, '../x')),
  ],
  ['a huge record', (folder: string) => rewrite(`${folder}/backup.json`, () => ' '.repeat(17 << 20))],
  [
    'a record that is a link',
    (folder: string) => {
      renameSync(`${folder}/backup.json`, `${folder}/../record`);
      symlinkSync('../record', `${folder}/backup.json`);
    },
  ],
])('a folder that claims to be one, with %s, is told and not counted', async (_what, act) => {
  const folder = make(target, { a: 'one' });
  act(folder);
  const { snapshots, unreadable } = await list();
  expect(snapshots).toEqual([]);
  expect(unreadable).toEqual([{ path: folder, why: expect.stringMatching(/^backup\.json: ./) }]);
});

test('a damaged record of a snapshot that was verified once is known from the notes, and named', async () => {
  const folder = make(target, { a: 'one' });
  await engine().verify(await one(), 'structure', tools());
  const { damaged, path, ...whole } = await one();
  expect(damaged).toEqual([]);
  for (const act of [
    () => rewrite(`${folder}/backup.json`, (text) => text.replace('"files": 1', '"files": 7')),
    () => rewrite(`${folder}/backup.json`, () => 'x'),
    () => rmSync(`${folder}/backup.json`),
  ]) {
    act();
    expect(await one()).toEqual({ ...whole, path, damaged: ['backup.json'] });
  }
});

test('a folder that the system will not read is an error, not one fewer', async () => {
  make(target, { a: 'one' });
  writeFileSync(join(target, 'other'), '');
  await expect(engine().list('other')).rejects.toMatchObject({ code: 'BACKUP_TARGET_UNREADABLE' });
});

test('a target that is not the one that is meant is never listed', async () => {
  const foreign = reading(target, () => {
    throw new Error('another disk');
  });
  await expect(foreign.list('daily')).rejects.toThrow('another disk');
  expect(() => foreign.entries({} as Snapshot)).toThrow('another disk');
});

test('pins are kept, changed and taken off, and notes that are torn or damaged are passed over', async () => {
  make(target, { a: 'one' });
  await engine().pin(await one(), { until: null, why: 'the good one' });
  const notes = join(target, '.realm/state/uid-daily-2026-11-21.jsonl');
  appendFileSync(notes, '{"note":"pinned","until":"soon","why":"x"}\n[]\n{"note":"toString"}\n\xff\xfe\n{"note":"pinn');
  expect((await one()).pin).toEqual({ until: null, why: 'the good one' });
  await engine().pin(await one(), { until: START + 5, why: 'for a while' });
  expect((await one()).pin).toEqual({ until: START + 5, why: 'for a while' });
  const { said } = await verified();
  expect(said.filter((one) => one.includes('of its notes'))).toHaveLength(5);
  await engine().pin(await one(), undefined);
  expect((await one()).pin).toBeUndefined();
});

test('a pin of which any byte has changed keeps the snapshot, and says why, until somebody says it anew', async () => {
  make(target, { a: 'one' });
  await engine().pin(await one(), { until: null, why: 'it is the good one' });
  const notes = join(target, '.realm/state/uid-daily-2026-11-21.jsonl');
  const whole = readFileSync(notes);
  const keep = { last: 1, floor: 0 };
  for (let at = 0; at < whole.length - 1; at += 1) {
    const spoilt = Buffer.from(whole);
    spoilt[at]! ^= 4;
    writeFileSync(notes, spoilt);
    const snapshot = await one();
    expect(snapshot.pin, `byte ${at}`).toBeUndefined();
    const newer = { ...snapshot, unsure: undefined, label: 'newer', startedAt: snapshot.startedAt + 1, verifiedAt: 1 };
    const { verdicts, remove } = plan([snapshot, newer], keep, { now: START + 9, zone: 'UTC' });
    expect([remove, verdicts[1]!.reasons.join()]).toEqual([
      [],
      expect.stringMatching(/may be pinned: line 1 of its notes/),
    ]);
  }
  await engine().pin(await one(), undefined);
  expect((await one()).unsure).toBeUndefined();
});

async function verified(): Promise<ReturnType<typeof tools>> {
  const hands = tools();
  expect(await engine().verify(await one(), 'content', hands)).toMatchObject({ isGood: true });
  return hands;
}

test('a drill is kept with its snapshot; one for a snapshot that is gone is refused', async () => {
  const folder = make(target, { a: 'one' });
  const drill = { level: 'drill', at: START + 9, isGood: true, coverage: 1, damaged: [] } as const;
  await engine().note(await one(), drill);
  expect(await one()).toMatchObject({ verifiedAt: START + 9, verifications: [drill] });
  const gone = await one();
  renameSync(folder, join(target, 'daily/other'));
  await expect(engine().note(gone, drill)).rejects.toMatchObject({ code: 'BACKUP_UNKNOWN' });
});

test('a snapshot whose folder was given another name is that snapshot under its new name', async () => {
  const folder = make(target, { a: 'one' });
  renameSync(folder, join(target, 'daily/keep'));
  expect(await one()).toMatchObject({ id: 'daily/keep', label: 'keep', uid: 'uid-daily-2026-11-21' });
});

test('what cannot be noted on a target that is only read is said, and the verification holds', async () => {
  make(target, { a: 'one' });
  mkdirSync(join(target, '.realm'));
  writeFileSync(join(target, '.realm/state'), ''); // where the folder of the notes would be
  const { said } = await verified();
  expect(said).toEqual([expect.stringContaining('cannot be kept')]);
  chmodSync(target, 0o755);
});
