// What interrupted runs left is swept when nobody will go on with it, and never under the hands of one that lives.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { thisProcess } from '../../../../plugins/backup/maker.ts';
import { reading } from '../../../../plugins/backup/tree/reading.ts';
import { make, scratch, tools } from './make.ts';

const DAY = 86_400_000;
let [target, dispose] = ['', () => {}];
beforeEach(() => ({ target, dispose } = scratch()));
afterEach(() => dispose());

const tidy = (at = Date.now()): Promise<void> => reading(target, () => {}).tidy('daily', tools({ at }));

function partial(maker: object, files: readonly string[] = ['data/a']): string {
  const folder = join(target, 'daily/.partial-x');
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), 'x');
  }
  writeFileSync(join(folder, 'stage.json'), JSON.stringify(maker));
  return folder;
}
const dead = { ...thisProcess('here'), pid: spawnSync('true').pid };

test('of a dead maker, with nothing to go on with: swept; with something: kept for a day', async () => {
  const useless = partial(dead);
  await tidy();
  expect(existsSync(useless)).toBe(false);
  for (const name of ['journal.jsonl', 'entries.jsonl']) {
    const useful = partial(dead, ['data/a', name]);
    await tidy(Date.now() + DAY - 60_000);
    expect(existsSync(useful)).toBe(true);
    await tidy(Date.now() + DAY + 60_000);
    expect(existsSync(useful)).toBe(false);
  }
  expect(readdirSync(join(target, '.realm/trash'))).toEqual([]);
});

test('of another machine, or of nobody knows whom: kept for a day', async () => {
  for (const maker of [{ ...dead, bootId: 'of another machine' }, {}, null]) {
    const folder = partial(maker as object);
    await tidy();
    expect(existsSync(folder)).toBe(true);
  }
  await tidy(Date.now() + DAY + 60_000);
  expect(readdirSync(join(target, 'daily'))).toEqual([]);
});

test('of one that lives: kept, however far the clock has jumped', async () => {
  const folder = partial(thisProcess('here'));
  await tidy(Date.now() + 400 * DAY);
  expect(existsSync(folder)).toBe(true);
});

test('snapshots, and what is not ours, stay whatever their age', async () => {
  make(target, { a: 'one' });
  mkdirSync(join(target, 'daily/.hidden'));
  utimesSync(join(target, 'daily/.hidden'), 0, 0);
  await tidy(Date.now() + 1_000 * DAY);
  expect(readdirSync(join(target, 'daily')).toSorted()).toEqual(['.hidden', '2026-11-21']);
});

test('what a healing that was killed left is swept after a day', async () => {
  mkdirSync(join(target, '.realm/healing'), { recursive: true });
  writeFileSync(join(target, '.realm/healing/uid-1'), '');
  await tidy();
  expect(readdirSync(join(target, '.realm/healing'))).toEqual(['uid-1']);
  await tidy(Date.now() + DAY + 60_000);
  expect(readdirSync(join(target, '.realm/healing'))).toEqual([]);
});
