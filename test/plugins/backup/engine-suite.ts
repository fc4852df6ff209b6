// What every engine promises, told once: run on the tree and on restic, over real files and with their real programs.
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ByteText, byBytes, fromText, shown, toBytes } from '../../../plugins/backup/byte-text.ts';
import type { Engine, Tools, WriteJob, Written } from '../../../plugins/backup/engine.ts';
import type { Entry } from '../../../plugins/backup/entry.ts';
import type { Policy } from '../../../plugins/backup/policy.ts';
import type { Snapshot } from '../../../plugins/backup/snapshot.ts';
import { DAY, makeSources, type Rig, START, testJob, testPolicy, testTools, WEIGHTS } from './rig.ts';
import { MEMORY } from '../../memory.ts';

const FILES = [
  'jay/with\nline [x] *?\\.txt',
  'z/memory/lessons.md',
  'z/memory/zero',
  'z/run.sh',
  'z/weights.bin',
  'z/weights.same',
];
const PATHS = [
  ...['agents', 'agents/jay', 'agents/z', 'agents/z/memory', 'agents/z/memory/empty'].map(fromText),
  ...['agents/jay/link', 'agents/jay/dangling', ...FILES.map((file) => `agents/${file}`)].map(fromText),
  'agents/jay/\xff\xfe.1' as ByteText,
].toSorted(byBytes);

async function all(entries: AsyncIterable<Entry>): Promise<readonly Entry[]> {
  const list: Entry[] = [];
  for await (const entry of entries) list.push(entry);
  return list;
}

/** The content of every file of the snapshot by what is shown of its path; what could not be had is not in it. */
async function contents(engine: Engine, snapshot: Snapshot, tools: Tools): Promise<Map<string, Buffer>> {
  const folder = mkdtempSync(join(MEMORY, 'realm-out-'));
  try {
    const files = (await all(engine.entries(snapshot))).filter(({ type }) => type === 'file');
    const wanted = files.map((entry, index) => ({ entry, to: join(folder, `${index}`) }));
    const { damaged } = await engine.extract(snapshot, wanted, tools);
    for (const { entry, to } of wanted) {
      expect(existsSync(to)).toBe(!damaged.some(({ path }) => path === entry.path));
    }
    return new Map(
      wanted.filter(({ to }) => existsSync(to)).map(({ entry, to }) => [shown(entry.path), readFileSync(to)] as const),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `prepare`: an empty place for snapshots at the path given, and whatever has to be known to damage what is in it. */
export function engineSuite(name: string, prepare: (target: string, root: string) => Rig): void {
  describe(name, { timeout: 60_000 }, () => {
    let root: string;
    let rig: Rig;
    let policy: Policy;
    const write = (tools: Tools, changes: Partial<WriteJob> = {}): Promise<Written> =>
      rig.open().write(testJob(policy, changes), tools);
    const listed = async (): Promise<readonly Snapshot[]> => (await rig.open().list('daily')).snapshots;
    const only = async (index = -1): Promise<Snapshot> => {
      const found = (await listed()).at(index);
      if (found === undefined) throw new Error('there is no snapshot');
      return found;
    };

    beforeAll(() => {
      root = mkdtempSync(join(MEMORY, 'realm-engine-'));
      makeSources(root);
      rig = prepare(join(root, 'backups'), root);
      policy = testPolicy('daily', root);
    });
    afterAll(() => rmSync(root, { recursive: true, force: true }));

    test('a run makes a complete snapshot that says what it is, and that another machine sees alike', async () => {
      const change = {
        phase: 'after',
        paths: ['a,b="ü"'],
        other: undefined,
        approvedBy: 'ada',
        why: undefined,
      } as const;
      const tools = testTools(START);
      const { snapshot, troubles, resumedFiles } = await write(tools, {
        trigger: 'schedule',
        slot: START - 3_600_000,
        tags: ['first', 'of, all=1'],
        change,
      });
      expect(snapshot).toMatchObject({
        id: 'daily/2126-11-21',
        policy: 'daily',
        label: '2126-11-21',
        status: 'complete',
        trigger: 'schedule',
        slot: START - 3_600_000,
        startedAt: START,
        isSuspicious: false,
        host: 'here',
        change,
        tags: ['first', 'of, all=1'],
        files: FILES.length + 1,
        verifiedAt: START,
        damaged: [],
        pin: undefined,
      });
      expect(snapshot.verifications).toMatchObject([{ level: 'content', isGood: true, coverage: 1 }]);
      expect([troubles, resumedFiles]).toEqual([[], 0]);
      expect(await listed()).toEqual([snapshot]);
      expect((await rig.open().look()).is).toBe('ready');
      expect(await rig.open().list('weekly')).toEqual({ snapshots: [], unreadable: [] });
      expect(await rig.open().trash('daily')).toEqual([]);
    });

    test('entries are the world byte for byte: names, kinds, modes, times, links', async () => {
      const list = await all(rig.open().entries(await only()));
      expect(list.map(({ path }) => path)).toEqual(PATHS);
      for (const entry of list) {
        const stat = lstatSync(Buffer.concat([Buffer.from(`${root}/`), toBytes(entry.path)]), { bigint: true });
        const type = stat.isDirectory() ? 'folder' : stat.isSymbolicLink() ? 'link' : 'file';
        expect(entry).toMatchObject({
          type,
          mtimeNs: String(stat.mtimeNs),
          uid: Number(stat.uid),
          gid: Number(stat.gid),
        });
        if (type !== 'link') expect(entry.mode).toBe(Number(stat.mode & 0o7777n));
        expect(entry.size).toBe(type === 'file' ? Number(stat.size) : 0);
      }
      const by = (path: string): Entry | undefined => list.find((entry) => entry.path === path);
      expect(by('agents/jay/link')?.target).toBe('../z/weights.bin');
      expect(by('agents/jay/dangling')?.target).toBe('/nowhere/at all');
      expect(by('agents/z/weights.same')?.sameAs).toBe('agents/z/weights.bin');
      expect(by('agents/z/weights.bin')?.sameAs).toBeUndefined();
    });

    test('content comes back as it was, each file as one of its own', async () => {
      const found = await contents(rig.open(), await only(), testTools(START));
      expect(found.size).toBe(FILES.length + 1);
      for (const file of FILES) {
        expect(found.get(shown(fromText(`agents/${file}`)))).toEqual(readFileSync(join(root, 'agents', file)));
      }
      expect(found.get('agents/jay/\\xff\\xfe.1')?.toString()).toBe('no text\n');
    });

    test('every level of verification is good, is kept, and a slice is only a part', async () => {
      const snapshot = await only();
      const tools = testTools(START + DAY);
      for (const level of ['presence', 'structure', 'content'] as const) {
        expect(await rig.open().verify(snapshot, level, tools)).toMatchObject({ level, isGood: true, damaged: [] });
      }
      expect(await only()).toMatchObject({ verifiedAt: START + DAY, uid: snapshot.uid });
      tools.at += DAY;
      expect((await rig.open().verify(snapshot, 'content', tools, { n: 0, of: 2 })).coverage).toBeLessThan(1);
      expect((await only()).verifiedAt).toBe(START + DAY);
      tools.at += DAY;
      await rig.open().verify(snapshot, 'content', tools, { n: 1, of: 2 });
      expect((await only()).verifiedAt).toBe(START + 2 * DAY);
    });

    test('notes and pins stay with it', async () => {
      const drill = { level: 'drill', at: START + 5 * DAY, isGood: true, coverage: 1, damaged: [] } as const;
      await rig.open().note(await only(), drill);
      await rig.open().pin(await only(), { until: null, why: 'the paper, second "print"' });
      const pinned = await only();
      expect(pinned.verifications).toContainEqual(drill);
      expect(pinned.pin).toEqual({ until: null, why: 'the paper, second "print"' });
      await rig.open().pin(pinned, undefined);
      expect((await only()).pin).toBeUndefined();
    });

    test('what a person says of the change it saved stays with it, the newest, beside what was said before', async () => {
      const { change } = await only();
      expect(change).toMatchObject({ phase: 'after', approvedBy: 'ada' });
      const denied = { is: 'denied', by: 'user:bob, "b"', why: 'no, ü', at: START + 6 * DAY } as const;
      const reverted = { ...denied, is: 'reverted', at: START + 7 * DAY } as const;
      for (const answer of [denied, reverted]) {
        await rig.open().answer(await only(), answer);
        expect((await only()).change).toEqual({ ...change, answer });
      }
    });

    test('a second run under one label, on the same day, takes over what did not change', async () => {
      writeFileSync(join(root, 'agents/z/memory/lessons.md'), '- say what you did, and why\n');
      const { snapshot, linkedFiles } = await write(testTools(START + 3_600_000), { slot: START - 3_600_000 });
      expect(snapshot).toMatchObject({ id: 'daily/2126-11-21.2', status: 'complete' });
      expect(linkedFiles).toBeGreaterThan(3);
      const [first, second] = await listed();
      expect([first?.label, second?.label]).toEqual(['2126-11-21', '2126-11-21.2']);
      const lessons = 'agents/z/memory/lessons.md';
      expect((await contents(rig.open(), first!, testTools(START))).get(lessons)?.toString()).toBe(
        '- say what you did\n',
      );
      expect((await contents(rig.open(), second!, testTools(START))).get(lessons)?.toString()).toContain('and why');
    });

    test('what a glob leaves out is not in it, and neither is a source that is not there', async () => {
      const from = join(root, 'agents');
      const roots = [
        { from, as: 'agents', include: ['**/*.md', 'z/run.sh'], exclude: ['**/lessons.md'] },
        { from: join(root, 'gone'), as: 'gone', include: undefined, exclude: [] },
      ];
      const globs = testPolicy('globs', root, { roots });
      const { snapshot, troubles } = await rig.open().write(testJob(globs), testTools(START));
      expect(snapshot).toMatchObject({ status: 'partial', files: 1 });
      expect(troubles).toMatchObject([{ path: expect.stringMatching(/gone$/) as string, what: 'unreadable' }]);
      const paths = (await all(rig.open().entries(snapshot)))
        .filter(({ type }) => type === 'file')
        .map(({ path }) => path);
      expect(paths).toEqual(['agents/z/run.sh']);
    });

    test('dumps lie below @dumps', async () => {
      const dumps = mkdtempSync(join(root, 'dumps-'));
      writeFileSync(join(dumps, 'db.sql'), 'select 1;\n');
      const dumped = testPolicy('dumps', root);
      const { snapshot } = await rig.open().write(testJob(dumped, { dumps }), testTools(START));
      rmSync(dumps, { recursive: true });
      const found = await contents(rig.open(), snapshot, testTools(START));
      expect(found.get('@dumps/db.sql')?.toString()).toBe('select 1;\n');
    });

    test('a snapshot that is removed lies in the trash, comes back, and goes when its time is over', async () => {
      const [first, second] = await listed();
      const tools = testTools(START + 9 * DAY);
      await rig.open().remove([second!], () => 'not in last 1', tools);
      expect(await listed()).toEqual([first]);
      const [trashed] = await rig.open().trash('daily');
      expect(trashed).toMatchObject({
        why: 'not in last 1',
        snapshot: { uid: second!.uid },
        purgeAt: tools.at + 3 * DAY,
      });
      await rig.open().tidy('daily', tools);
      await rig.open().undelete(trashed!.snapshot, tools);
      expect((await listed()).map(({ label }) => label)).toEqual(['2126-11-21', '2126-11-21.2']);

      await rig.open().remove([await only()], () => 'again', tools);
      tools.at += 3 * DAY + 1;
      await rig.open().tidy('daily', tools);
      expect(await rig.open().trash('daily')).toEqual([]);
      expect((await listed()).map(({ uid }) => uid)).toEqual([first!.uid]);
      await expect(rig.open().undelete(trashed!.snapshot, tools)).rejects.toMatchObject({ code: 'BACKUP_UNKNOWN' });
      expect((await contents(rig.open(), first!, tools)).size).toBe(FILES.length + 1);
    });

    test('a run that is cancelled leaves the list as it was', async () => {
      const before = await listed();
      const cancelled = AbortSignal.abort(new Error('not now'));
      await expect(write(testTools(START + 10 * DAY, { signal: cancelled }))).rejects.toThrow('not now');
      expect(await listed()).toEqual(before);
    });

    test('one that is far smaller than the one before it is suspicious', async () => {
      const small = testPolicy('small', root);
      await rig.open().write(testJob(small), testTools(START));
      const fewer = { ...small, roots: [{ ...small.roots[0]!, exclude: ['z'] }] };
      const { snapshot } = await rig.open().write(testJob(fewer), testTools(START + DAY));
      expect(snapshot).toMatchObject({ status: 'complete', isSuspicious: true });
      const next = (at: number, more = {}): Promise<Written> =>
        rig.open().write(testJob(fewer, more), testTools(START + at * DAY));
      expect((await next(2)).snapshot.isSuspicious, 'nobody has said that it is right').toBe(true);
      expect((await next(3, { acceptsLess: true })).snapshot.isSuspicious).toBe(false);
      expect((await next(4)).snapshot.isSuspicious, 'measured by what was agreed to').toBe(false);
    });

    test('a source that is empty now is suspicious, however small a part of the whole it was', async () => {
      const [home, disk] = [join(root, 'agents'), join(root, 'disk')];
      mkdirSync(disk);
      const both = testPolicy('both', root, {
        roots: [home, disk].map((from) => ({ from, as: basename(from), include: undefined, exclude: [] })),
      });
      const made = async (at: number): Promise<boolean> =>
        (await rig.open().write(testJob(both), testTools(START + at * DAY))).snapshot.isSuspicious;
      expect(await made(0), 'it never held anything').toBe(false);
      writeFileSync(join(disk, 'a'), 'a');
      expect(await made(1)).toBe(false);
      rmSync(join(disk, 'a'));
      expect(await made(2)).toBe(true);
      expect(await made(3)).toBe(true);
    });

    test('damage is found, named, remembered, and nothing damaged comes out', async () => {
      const snapshot = await only();
      rig.damage(snapshot, 'agents/z/weights.bin', WEIGHTS);
      const tools = testTools(START + 20 * DAY);
      const verification = await rig.open().verify(snapshot, 'content', tools);
      expect(verification.isGood).toBe(false);
      expect(verification.damaged).toContain('data/agents/z/weights.bin');
      expect((await only()).damaged).toContain('data/agents/z/weights.bin');
      expect((await only()).verifiedAt).not.toBe(tools.at);
      const found = await contents(rig.open(), snapshot, tools);
      expect(found.has('agents/z/weights.bin')).toBe(false);
      expect(found.get('agents/z/run.sh')?.toString()).toBe('#!/bin/sh\n');
    });
  });
}
