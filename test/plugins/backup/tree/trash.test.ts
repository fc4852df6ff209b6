// Removing, taking back and purging: nothing is lost on the way, whatever is there and wherever it is killed.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Snapshot } from '../../../../plugins/backup/snapshot.ts';
import { fromText } from '../../../../plugins/backup/byte-text.ts';
import { purge } from '../../../../plugins/backup/tree/purge.ts';
import { purgeTrash } from '../../../../plugins/backup/tree/trash.ts';
import { reading } from '../../../../plugins/backup/tree/reading.ts';
import { make, scratch, START, tools, witness } from './make.ts';

const DAY = 86_400_000;
let [target, dispose] = ['', () => {}];
beforeEach(() => ({ target, dispose } = scratch()));
afterEach(() => dispose());

const engine = (): ReturnType<typeof reading> => reading(target, () => {});
const list = async (): Promise<readonly Snapshot[]> => (await engine().list('daily')).snapshots;
const ids = async (): Promise<readonly string[]> => (await list()).map(({ id }) => id);
const trash = async (): Promise<readonly string[]> =>
  (await engine().trash('daily')).map(({ snapshot }) => snapshot.id);

test('two purge at the same time: what the other was faster with is fine', async () => {
  make(target, { 'a/one': 'one', 'b/two': 'two' });
  const [snapshot] = await list();
  await engine().remove([snapshot!], () => 'older than the last 30', tools());
  const at = START + 4 * DAY;
  let others = 0;
  const step = (point: string): void => {
    if (point !== 'backup.purge:before') return;
    others += 1;
    purgeTrash(target, tools({ at }));
  };
  purgeTrash(target, tools({ at, step }));
  expect([others, await trash(), readdirSync(join(target, '.realm/trash'))]).toEqual([1, [], []]);

  // In the middle of a folder, which the other has emptied and taken away meanwhile.
  const folder = fromText(join(target, 'purged'));
  mkdirSync(join(target, 'purged/a/b'), { recursive: true });
  writeFileSync(join(target, 'purged/a/b/c'), '');
  let turns = 0;
  const signal = { throwIfAborted: () => (turns++ === 1 ? purge(folder) : undefined) } as AbortSignal;
  purge(folder, signal);
  expect([turns > 1, existsSync(join(target, 'purged'))]).toEqual([true, false]);
});

test('a removed snapshot lies in the trash with its reason, and comes back byte by byte', async () => {
  const folder = make(target, { 'a/one': 'one', 'a/two': { to: 'one' } });
  const before = witness(folder);
  const [snapshot] = await list();
  await engine().remove([snapshot!], () => 'older than the last 30', tools());
  expect(await ids()).toEqual([]);
  expect(await engine().trash('daily')).toMatchObject([
    {
      snapshot: { id: 'daily/2026-11-21', uid: snapshot!.uid },
      why: 'older than the last 30',
      purgeAt: START + 3 * DAY,
    },
  ]);
  expect(await engine().trash('weekly')).toEqual([]);
  await engine().undelete(snapshot!, tools());
  expect([await ids(), await trash()]).toEqual([['daily/2026-11-21'], []]);
  expect(witness(folder)).toBe(before);
  expect(readdirSync(join(target, '.realm/trash'))).toEqual([]);
});

test('when its label was taken meanwhile it comes back under the next one', async () => {
  make(target, { a: 'one' });
  const [snapshot] = await list();
  await engine().remove([snapshot!], () => 'x', tools());
  make(target, { a: 'two' }, { uid: 'another' });
  await engine().undelete(snapshot!, tools());
  expect((await list()).map(({ id, uid }) => [id, uid])).toEqual([
    ['daily/2026-11-21', 'another'],
    ['daily/2026-11-21.2', 'uid-daily-2026-11-21'],
  ]);
});

test('two of one label in the trash are two', async () => {
  for (const uid of ['first', 'second']) {
    make(target, { a: uid }, { uid });
    await engine().remove(await list(), () => uid, tools());
  }
  expect((await engine().trash('daily')).map(({ why }) => why)).toEqual(['first', 'second']);
  const [, second] = await engine().trash('daily');
  await engine().undelete(second!.snapshot, tools());
  expect((await list()).map(({ uid }) => uid)).toEqual(['second']);
});

test('the trash is purged when its time is over, and not before; notes go with it', async () => {
  make(target, { 'a/one': 'one' });
  const [snapshot] = await list();
  await engine().verify(snapshot!, 'content', tools());
  await engine().remove([snapshot!], () => 'x', tools());
  await engine().tidy('daily', tools({ at: START + 3 * DAY - 1 }));
  expect(await trash()).toEqual(['daily/2026-11-21']);
  await engine().tidy('daily', tools({ at: START + 3 * DAY }));
  expect(await trash()).toEqual([]);
  expect(readdirSync(join(target, '.realm/trash'))).toEqual([]);
  expect(readdirSync(join(target, '.realm/state'))).toEqual([]);
  await expect(engine().undelete(snapshot!, tools())).rejects.toMatchObject({ code: 'BACKUP_UNKNOWN' });
});

const cast = (snapshot: Snapshot, changes: Partial<Snapshot>): Snapshot => ({ ...snapshot, ...changes });

test('only what is listed is removed: no other name, no way out, nothing through a link', async () => {
  const outside = make(join(target, 'outside'), { a: 'one' });
  make(target, { a: 'one' });
  const [snapshot] = await list();
  symlinkSync(outside, join(target, 'daily/2026-11-20'));
  symlinkSync(join(target, 'outside/daily'), join(target, 'linked'));
  mkdirSync(join(target, 'daily/mine'));
  const before = witness(target);
  for (const changes of [
    { label: '2026-11-20' },
    { label: 'mine' },
    { label: '../daily/2026-11-21' },
    { label: '..' },
    { label: '' },
    { label: '2026-11-19' },
    { policy: '../daily' },
    { policy: 'linked' },
    { policy: '.realm' },
    { uid: 'of another' },
  ]) {
    const wrong = cast(snapshot!, changes);
    await expect(engine().remove([snapshot!, wrong], () => 'x', tools())).rejects.toMatchObject({
      code: 'BACKUP_UNKNOWN',
    });
    expect(witness(target)).toBe(before);
  }
});

test('purging follows no link, and empties what nobody may write', async () => {
  const outside = join(target, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'precious'), '');
  const folder = make(target, { 'a/\xff\n': 'odd', 'a/link': { to: outside }, 'a/b/c': 'deep' });
  chmodSync(join(folder, 'data/a/b'), 0o000);
  chmodSync(join(folder, 'data/a'), 0o500);
  await engine().remove(await list(), () => 'x', tools());
  if (process.getuid?.() === 0) execFileSync('chown', ['-R', '65534', target]);
  purgeAsUser();
  expect(readdirSync(join(target, '.realm/trash'))).toEqual([]);
  expect(existsSync(join(outside, 'precious'))).toBe(true);
});

/** Root may do everything; so it is done as somebody else where that can be. */
function purgeAsUser(): void {
  const code = `
    import { reading } from ${JSON.stringify(join(import.meta.dirname, '../../../../plugins/backup/tree/reading.ts'))};
    if (process.getuid() === 0) process.setuid(65534);
    const nothing = () => {};
    const tools = { now: () => ${START + 3 * DAY}, signal: new AbortController().signal, say: nothing, step: nothing };
    await reading(${JSON.stringify(target)}, nothing).tidy('daily', tools);`;
  execFileSync(process.execPath, ['--input-type=module', '-e', code], {
    cwd: join(import.meta.dirname, '../../../..'),
  });
}

test('a folder in the trash that nobody wrote a note for is told by its name; a stranger is kept for ever', async () => {
  make(target, { a: 'one' });
  await engine().remove(await list(), () => 'x', tools());
  const folder = join(target, '.realm/trash');
  const note = readdirSync(folder).find((name) => name.endsWith('.json'))!;
  for (const text of ['', '{"uid":"../../x","policy":"daily"}', '{"purgeAt":0}']) {
    writeFileSync(join(folder, note), text);
    expect(await engine().trash('daily')).toMatchObject([{ why: 'its note is lost', purgeAt: START + 3 * DAY }]);
  }
  const [lost] = await engine().trash('daily');
  await engine().undelete(lost!.snapshot, tools());
  expect(await ids()).toEqual(['daily/2026-11-21']);
  await engine().remove(await list(), () => 'x', tools());
  mkdirSync(join(folder, 'somebody put this here'));
  await engine().tidy('daily', tools({ at: START + 400 * DAY }));
  expect(readdirSync(folder)).toEqual(['somebody put this here']);
});

class Killed extends Error {}
/** Ends at the n-th step, as a killed process would. */
function killedAt(nth: number, at: number): { steps: () => number; hands: ReturnType<typeof tools> } {
  let count = 0;
  const step = (): void => {
    count += 1;
    if (count === nth) throw new Killed();
  };
  return { steps: () => count, hands: tools({ at, step }) };
}

test('killed at any step, a snapshot is where it was or in the trash, and whole; the next try comes to the same end', async () => {
  const verbs: Record<string, (snapshot: Snapshot, hands: ReturnType<typeof tools>) => Promise<void>> = {
    remove: (snapshot, hands) => engine().remove([snapshot], () => 'x', hands),
    undelete: (snapshot, hands) => engine().undelete(snapshot, hands),
    purge: (_snapshot, hands) => engine().tidy('daily', hands),
  };
  let killed = 0;
  for (const [verb, act] of Object.entries(verbs)) {
    for (let nth = 1; ; nth += 1) {
      rmSync(target, { recursive: true });
      const folder = make(target, { 'a/one': 'one' });
      const whole = witness(folder);
      const [snapshot] = await list();
      if (verb !== 'remove') await engine().remove([snapshot!], () => 'x', tools());
      const at = START + (verb === 'purge' ? 3 * DAY : 0);
      const { steps, hands } = killedAt(nth, at);
      const end = await act(snapshot!, hands).then(
        () => 'done',
        (error: unknown) => (error instanceof Killed ? 'killed' : Promise.reject(error)),
      );
      if (end === 'done') {
        expect(steps()).toBeLessThan(nth);
        break;
      }
      killed += 1;
      const places = [...(await list()), ...(await engine().trash('daily')).map((one) => one.snapshot)];
      for (const { path } of places) expect(witness(path)).toBe(whole);
      if (verb === 'purge') expect(places.length).toBeLessThanOrEqual(1);
      else expect(places).toHaveLength(1);
      const isDone = (verb === 'undelete') === (await ids()).includes('daily/2026-11-21') && verb !== 'purge';
      if (!isDone) await act(snapshot!, tools({ at }));
      await engine().tidy('daily', tools({ at: at + 2 * DAY }));
      expect([await ids(), await trash()]).toEqual(
        { remove: [[], ['daily/2026-11-21']], undelete: [['daily/2026-11-21'], []], purge: [[], []] }[verb],
      );
      const rest = readdirSync(join(target, '.realm/trash'));
      expect(rest).toHaveLength(verb === 'remove' ? 2 : 0);
    }
  }
  expect(killed).toBeGreaterThan(6);
});

test('a purge that was killed half-way through goes on', async () => {
  make(target, { 'a/one': 'one', 'b/two': 'two' });
  await engine().remove(await list(), () => 'x', tools());
  const folder = join(target, '.realm/trash');
  const [name] = readdirSync(folder);
  renameSync(join(folder, name!), join(folder, `.purging-${name}`));
  rmSync(join(folder, `.purging-${name}`, 'data/a'), { recursive: true });
  expect(await trash()).toEqual([]);
  await engine().tidy('daily', tools());
  expect(readdirSync(folder)).toEqual([]);
});

test('what is removed keeps its notes until it is purged', async () => {
  make(target, { a: 'one' });
  await engine().pin((await list())[0]!, { until: null, why: 'mine' });
  const [snapshot] = await list();
  await engine().remove([snapshot!], () => 'x', tools());
  await engine().undelete(snapshot!, tools());
  expect((await list())[0]!.pin).toEqual({ until: null, why: 'mine' });
  expect(readFileSync(join(target, '.realm/state', `${snapshot!.uid}.jsonl`), 'utf8')).toContain('mine');
});
