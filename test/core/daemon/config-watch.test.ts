// Every way an editor saves, on real files: one telling per burst, none for what changed nothing.
import { once } from 'node:events';
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  watch,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sleep, systemClock } from '../../../core/clock.ts';
import { watchPaths } from '../../../core/daemon/config-watch.ts';
import { Stage } from './watch-stage.ts';

let stage: Stage;
beforeEach(() => {
  stage = new Stage();
});
afterEach(() => stage.end());

const SAVES: readonly (readonly [string, () => void | Promise<void>])[] = [
  ['truncate and write', () => writeFileSync(stage.file, 'second')],
  ['same length, same second', () => writeFileSync(stage.file, 'fIrst')],
  ['append', () => appendFileSync(stage.file, ' more')],
  [
    'truncate and write in pieces',
    async () => {
      truncateSync(stage.file, 0);
      const handle = openSync(stage.file, 'a');
      for (const piece of ['se', 'co', 'nd']) {
        writeSync(handle, piece);
        await sleep(systemClock, 10);
      }
      closeSync(handle);
    },
  ],
  [
    'a new file renamed over the old one',
    () => {
      writeFileSync(`${stage.file}.tmp`, 'second');
      renameSync(`${stage.file}.tmp`, stage.file);
    },
  ],
  [
    'the old one renamed to a backup, a new one written',
    async () => {
      renameSync(stage.file, `${stage.file}~`);
      await sleep(systemClock, 20);
      writeFileSync(stage.file, 'second');
    },
  ],
  [
    'deleted, and created again later than a burst lasts',
    async () => {
      rmSync(stage.file);
      for (let waited = 0; waited < 400; waited += 20) {
        await sleep(systemClock, 2);
        stage.clock.pass(20);
      }
      writeFileSync(stage.file, 'second');
    },
  ],
  [
    'a swap file beside it, as vim makes',
    () => {
      writeFileSync(join(stage.folder, '4913'), '');
      rmSync(join(stage.folder, '4913'));
      writeFileSync(stage.file, 'second');
    },
  ],
];
test.each(SAVES)('%s is told once', async (_, save) => {
  await stage.watching([stage.file, 'content']);
  await save();
  await stage.toldTimes(1);
  await stage.settle();
  expect(stage.told).toEqual([[stage.file]]);
  await stage.insist(2, () => writeFileSync(stage.file, 'after that'));
});

test('a touch, a rewrite with the same text and strangers beside it are no change; by stat a touch is one', async () => {
  const other = join(stage.folder, 'other');
  writeFileSync(other, 'x');
  await stage.watching([stage.file, 'content'], [other, 'stat']);
  utimesSync(stage.file, 1, 1);
  writeFileSync(stage.file, 'first');
  writeFileSync(join(stage.folder, 'stranger'), 'x');
  utimesSync(other, 2, 2);
  await stage.toldTimes(1);
  await stage.settle();
  expect(stage.told).toEqual([[other]]);
});

test('a hundred saves of three files in a burst are told together', async () => {
  const files = ['a', 'b', 'c'].map((name) => join(stage.folder, name));
  for (const path of files) writeFileSync(path, '');
  await stage.watching(...files.map((path) => [path, 'content'] as const));
  for (let n = 0; n < 100; n++) writeFileSync(files[n % 3]!, String(n));
  await stage.toldTimes(1);
  await stage.settle();
  expect(stage.told.map((paths) => paths.toSorted())).toEqual([files]);
});

test('saves that never pause are told when the longest burst is over', async () => {
  await stage.watching([stage.file, 'content']);
  const began = stage.clock.time;
  for (let n = 0; stage.told.length === 0; n++) {
    const before = stage.clock.armed;
    writeFileSync(stage.file, String(n));
    while (stage.clock.armed === before) await sleep(systemClock, 1);
    stage.clock.pass(40);
    while (stage.clock.time - began >= 500 && stage.told.length === 0) await sleep(systemClock, 1); // it is due, and takes a moment
  }
  expect(stage.clock.time - began).toBe(520);
});

test('a file that vanished for good is told when its time to return is over', async () => {
  await stage.watching([stage.file, 'content']);
  rmSync(stage.file);
  const began = stage.clock.time;
  await stage.toldTimes(1);
  expect(stage.clock.time - began).toBeGreaterThanOrEqual(500);
  expect(stage.told).toEqual([[stage.file]]);
});

test('a symlink swap, as a mounted ConfigMap is updated, is told', async () => {
  for (const version of ['v1', 'v2']) {
    mkdirSync(join(stage.folder, version));
    writeFileSync(join(stage.folder, version, 'realm.yaml'), version);
  }
  symlinkSync('v1', join(stage.folder, '..data'));
  const seen = join(stage.folder, 'seen.yaml');
  symlinkSync(join('..data', 'realm.yaml'), seen);
  await stage.watching([seen, 'content']);
  symlinkSync('v2', join(stage.folder, '..data_tmp'));
  renameSync(join(stage.folder, '..data_tmp'), join(stage.folder, '..data'));
  await stage.toldTimes(1);
  expect(stage.told).toEqual([[seen]]);
  await stage.insist(2, () => writeFileSync(join(stage.folder, 'v2', 'realm.yaml'), 'edited behind the link'));
  expect(stage.told).toEqual([[seen], [seen]]);
});

test('what happens beside a watched file does not make it be looked at', async () => {
  await stage.watching([stage.file, 'content']);
  const before = stage.clock.armed;
  const heard = once(watch(stage.folder, { signal: AbortSignal.timeout(60_000) }), 'change');
  writeFileSync(join(stage.folder, 'neighbour'), 'x');
  await heard; // both listen to the same events
  await new Promise(setImmediate);
  expect(stage.clock.armed).toBe(before);
});

test('a folder that appears later, a file in it, the folder gone and back: each is told', async () => {
  const skills = join(stage.folder, 'configs', 'skills');
  await stage.watching([skills, 'names']);
  mkdirSync(skills, { recursive: true });
  await stage.toldTimes(1);
  await stage.insist(2, () => writeFileSync(join(skills, 'bin.yaml'), 'x'));
  rmSync(join(stage.folder, 'configs'), { recursive: true });
  await stage.toldTimes(3);
  mkdirSync(skills, { recursive: true });
  await stage.toldTimes(4);
  await stage.insist(5, () => writeFileSync(join(skills, 'hex.yaml'), 'x'));
  expect(stage.told.flat().every((path) => path === skills)).toBe(true);
});

test('a folder that is replaced by another of the same name is watched on', async () => {
  const configs = join(stage.folder, 'configs');
  const inside = join(configs, 'a.yaml');
  for (const name of ['configs', 'new']) mkdirSync(join(stage.folder, name));
  writeFileSync(inside, 'old');
  writeFileSync(join(stage.folder, 'new', 'a.yaml'), 'new');
  await stage.watching([inside, 'content']);
  renameSync(configs, join(stage.folder, 'old'));
  renameSync(join(stage.folder, 'new'), configs);
  await stage.toldTimes(1);
  await stage.insist(stage.told.length + 1, () => writeFileSync(inside, 'edited'));
  expect(stage.told.at(-1)).toEqual([inside]);
});

test('a plugin folder: a helper deep inside counts, installed packages do not', async () => {
  const plugin = join(stage.folder, 'plugin');
  mkdirSync(join(plugin, 'lib', 'deep'), { recursive: true });
  mkdirSync(join(plugin, 'node_modules', 'x'), { recursive: true });
  await stage.watching([plugin, 'tree']);
  writeFileSync(join(plugin, 'node_modules', 'x', 'index.js'), 'x');
  writeFileSync(join(plugin, 'lib', 'deep', 'helper.ts'), 'x');
  await stage.toldTimes(1);
  await stage.settle();
  expect(stage.told).toEqual([[plugin]]);
  mkdirSync(join(plugin, 'late'));
  await stage.insist(2, () => writeFileSync(join(plugin, 'late', 'more.ts'), 'x'));
});

test('set: says what is new, forgets what is gone, and hears what changed while it began to listen', async () => {
  const other = join(stage.folder, 'other.yaml');
  expect(await stage.watch.set(new Map([[stage.file, 'content']]))).toEqual([stage.file]);
  writeFileSync(stage.file, 'at once');
  await stage.toldTimes(1);
  expect(await stage.watch.set(new Map([[other, 'content']]))).toEqual([other]);
  writeFileSync(stage.file, 'no longer');
  writeFileSync(other, 'new');
  await stage.toldTimes(2);
  await stage.settle();
  expect(stage.told).toEqual([[stage.file], [other]]);
});

test('what the system does not tell is found by the recheck; a listener that throws is told and does not end it', async () => {
  const errors: unknown[] = [];
  let calls = 0;
  const rechecked = watchPaths({
    clock: stage.clock,
    recheckMs: 20,
    onError: (error) => errors.push(error),
    onChange: () => {
      calls++;
      throw new Error('the listener broke');
    },
  });
  // a file below /proc changes without any event
  await rechecked.set(new Map([['/proc/uptime', 'content']]));
  await stage.until(() => calls > 1);
  await rechecked.close();
  expect(String(errors[0])).toContain('the listener broke');
});

test('a link that points at itself and a name that is too deep are absent, not a crash', async () => {
  symlinkSync('loop', join(stage.folder, 'loop'));
  await stage.watch.set(
    new Map([
      [join(stage.folder, 'loop'), 'content'],
      [join(stage.file, 'below', 'a', 'file'), 'content'],
    ]),
  );
  rmSync(join(stage.folder, 'loop'));
  await stage.insist(1, () => writeFileSync(join(stage.folder, 'loop'), 'a file now'));
  expect(stage.told[0]).toEqual([join(stage.folder, 'loop')]);
});

test('who asks does not wait for the system to tell, nor for a burst to end', async () => {
  await stage.watch.set(new Map([[stage.file, 'content']]));
  await stage.watch.settle();
  expect(stage.told, 'nothing changed').toEqual([]);
  writeFileSync(stage.file, 'second');
  await stage.watch.settle(); // no time has passed
  expect(stage.told).toEqual([[stage.file]]);
  rmSync(stage.file);
  let isSettled = false;
  const settled = stage.watch.settle().then(() => (isSettled = true));
  await stage.until(() => isSettled);
  await settled;
  expect(stage.told, 'gone for good').toEqual([[stage.file], [stage.file]]);
});
