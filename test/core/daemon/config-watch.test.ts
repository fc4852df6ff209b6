// Every way an editor saves, on real files: one telling per burst, none for what changed nothing.
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Clock } from '../../../core/clock.ts';
import { sleep, systemClock } from '../../../core/clock.ts';
import type { PathWatch } from '../../../core/daemon/config-watch.ts';
import { watchPaths } from '../../../core/daemon/config-watch.ts';
import type { Compare } from '../../../core/daemon/fingerprint.ts';

let folder: string;
let file: string;
let probe: string;
let watch: PathWatch;
let told: string[][];

/** Time stands still until a test lets it go on, so that no burst is cut in two by a slow machine. */
let now = 0;
let timers = new Map<object, { readonly at: number; readonly fn: () => void }>();
let armed = 0;
const clock: Clock = {
  now: () => now,
  after(ms, fn) {
    const key = {};
    armed++;
    timers.set(key, { at: now + ms, fn });
    return { cancel: () => void timers.delete(key) };
  },
};
function pass(ms: number): void {
  now += ms;
  for (const [key, { at, fn }] of timers) {
    if (at > now) continue;
    timers.delete(key);
    fn();
  }
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'realm-watch-'));
  file = join(folder, 'realm.config.yaml');
  probe = join(folder, 'probe');
  writeFileSync(file, 'first');
  told = [];
  timers = new Map();
  const onChange = (paths: readonly string[]): void => void told.push([...paths]);
  watch = watchPaths({ clock, onChange, onError: (error) => expect.fail(String(error)), recheckMs: 0 });
});
afterEach(async () => {
  await watch.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Lets time go on by 10 ms each time it asks. */
async function until(what: () => boolean): Promise<void> {
  const deadline = systemClock.now() + 10_000;
  while (!what()) {
    if (systemClock.now() > deadline)
      throw new Error(`waited too long for ${String(what)}; told ${JSON.stringify(told)}`);
    await sleep(systemClock, 2);
    pass(10);
  }
}
/** Watches, and returns once the system's events arrive: then a change is told because it was heard. */
async function watching(...paths: readonly (readonly [string, Compare])[]): Promise<void> {
  writeFileSync(probe, '');
  await watch.set(new Map([...paths, [probe, 'content']]));
  await settle();
  for (let n = 0; told.length === 0; n++) {
    writeFileSync(probe, String(n));
    await sleep(systemClock, 10);
    pass(60);
  }
  await settle();
  told.length = 0;
}
/** So that a second telling would show. */
async function settle(): Promise<void> {
  for (let n = 0; n < 20; n++) {
    await sleep(systemClock, 2);
    pass(60);
  }
}

const SAVES: readonly (readonly [string, () => void | Promise<void>])[] = [
  ['truncate and write', () => writeFileSync(file, 'second')],
  ['same length, same second', () => writeFileSync(file, 'fIrst')],
  ['append', () => appendFileSync(file, ' more')],
  [
    'truncate and write in pieces',
    async () => {
      truncateSync(file, 0);
      const handle = openSync(file, 'a');
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
      writeFileSync(`${file}.tmp`, 'second');
      renameSync(`${file}.tmp`, file);
    },
  ],
  [
    'the old one renamed to a backup, a new one written',
    async () => {
      renameSync(file, `${file}~`);
      await sleep(systemClock, 20);
      writeFileSync(file, 'second');
    },
  ],
  [
    'deleted, and created again later than a burst lasts',
    async () => {
      rmSync(file);
      for (let waited = 0; waited < 400; waited += 20) {
        await sleep(systemClock, 2);
        pass(20);
      }
      writeFileSync(file, 'second');
    },
  ],
  [
    'a swap file beside it, as vim makes',
    () => {
      writeFileSync(join(folder, '4913'), '');
      rmSync(join(folder, '4913'));
      writeFileSync(file, 'second');
    },
  ],
];
test.each(SAVES)('%s is told once', async (_, save) => {
  await watching([file, 'content']);
  await save();
  await until(() => told.length > 0);
  await settle();
  expect(told).toEqual([[file]]);
  // and the next save is heard too
  writeFileSync(file, 'after that');
  await until(() => told.length > 1);
});

test('a touch, a rewrite with the same text and strangers beside it are no change; by stat a touch is one', async () => {
  const other = join(folder, 'other');
  writeFileSync(other, 'x');
  await watching([file, 'content'], [other, 'stat']);
  utimesSync(file, 1, 1);
  writeFileSync(file, 'first');
  writeFileSync(join(folder, 'stranger'), 'x');
  utimesSync(other, 2, 2);
  await until(() => told.length > 0);
  await settle();
  expect(told).toEqual([[other]]);
});

test('a hundred saves of three files in a burst are told together', async () => {
  const files = ['a', 'b', 'c'].map((name) => join(folder, name));
  for (const path of files) writeFileSync(path, '');
  await watching(...files.map((path) => [path, 'content'] as const));
  for (let n = 0; n < 100; n++) writeFileSync(files[n % 3]!, String(n));
  await until(() => told.length > 0);
  await settle();
  expect(told.map((paths) => paths.toSorted())).toEqual([files]);
});

test('saves that never pause are told when the longest burst is over', async () => {
  await watching([file, 'content']);
  const began = now;
  for (let n = 0; told.length === 0; n++) {
    const before = armed;
    writeFileSync(file, String(n));
    while (armed === before) await sleep(systemClock, 1);
    pass(40);
    while (now - began >= 500 && told.length === 0) await sleep(systemClock, 1); // it is due, and takes a moment
  }
});

test('a file that vanished for good is told when its time to return is over', async () => {
  await watching([file, 'content']);
  rmSync(file);
  const began = now;
  await until(() => told.length > 0);
  expect(now - began).toBeGreaterThanOrEqual(500);
  expect(told).toEqual([[file]]);
});

test('a symlink swap, as a mounted ConfigMap is updated, is told', async () => {
  for (const version of ['v1', 'v2']) {
    mkdirSync(join(folder, version));
    writeFileSync(join(folder, version, 'realm.yaml'), version);
  }
  symlinkSync('v1', join(folder, '..data'));
  const seen = join(folder, 'seen.yaml');
  symlinkSync(join('..data', 'realm.yaml'), seen);
  await watching([seen, 'content']);
  symlinkSync('v2', join(folder, '..data_tmp'));
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
  await until(() => told.length > 0);
  expect(told).toEqual([[seen]]);
  writeFileSync(join(folder, 'v2', 'realm.yaml'), 'edited behind the link');
  await until(() => told.length > 1);
});

test('a folder that appears later, a file in it, the folder gone and back: each is told', async () => {
  const skills = join(folder, 'configs', 'skills');
  await watching([skills, 'names']);
  mkdirSync(skills, { recursive: true });
  await until(() => told.length === 1);
  writeFileSync(join(skills, 'bin.yaml'), 'x');
  await until(() => told.length === 2);
  rmSync(join(folder, 'configs'), { recursive: true });
  await until(() => told.length === 3);
  mkdirSync(skills, { recursive: true });
  await until(() => told.length === 4);
  writeFileSync(join(skills, 'hex.yaml'), 'x');
  await until(() => told.length === 5);
});

test('a folder that is replaced by another of the same name is watched on', async () => {
  const configs = join(folder, 'configs');
  const inside = join(configs, 'a.yaml');
  for (const name of ['configs', 'new']) mkdirSync(join(folder, name));
  writeFileSync(inside, 'old');
  writeFileSync(join(folder, 'new', 'a.yaml'), 'new');
  await watching([inside, 'content']);
  renameSync(configs, join(folder, 'old'));
  renameSync(join(folder, 'new'), configs);
  await until(() => told.length > 0);
  const before = told.length;
  writeFileSync(inside, 'edited');
  await until(() => told.length > before);
});

test('a plugin folder: a helper deep inside counts, installed packages do not', async () => {
  const plugin = join(folder, 'plugin');
  mkdirSync(join(plugin, 'lib', 'deep'), { recursive: true });
  mkdirSync(join(plugin, 'node_modules', 'x'), { recursive: true });
  await watching([plugin, 'tree']);
  writeFileSync(join(plugin, 'node_modules', 'x', 'index.js'), 'x');
  writeFileSync(join(plugin, 'lib', 'deep', 'helper.ts'), 'x');
  await until(() => told.length > 0);
  await settle();
  expect(told).toEqual([[plugin]]);
  mkdirSync(join(plugin, 'late'));
  writeFileSync(join(plugin, 'late', 'more.ts'), 'x');
  await until(() => told.length > 1);
});

test('set: says what is new, forgets what is gone, and hears what changed while it began to listen', async () => {
  const other = join(folder, 'other.yaml');
  expect(await watch.set(new Map([[file, 'content']]))).toEqual([file]);
  writeFileSync(file, 'at once');
  await until(() => told.length > 0);
  expect(await watch.set(new Map([[other, 'content']]))).toEqual([other]);
  writeFileSync(file, 'no longer');
  writeFileSync(other, 'new');
  await until(() => told.length > 1);
  await settle();
  expect(told).toEqual([[file], [other]]);
});

test('what the system does not tell is found by the recheck; a listener that throws is told and does not end it', async () => {
  const errors: unknown[] = [];
  let calls = 0;
  const rechecked = watchPaths({
    clock,
    recheckMs: 20,
    onError: (error) => errors.push(error),
    onChange: () => {
      calls++;
      throw new Error('the listener broke');
    },
  });
  // a file below /proc changes without any event
  await rechecked.set(new Map([['/proc/uptime', 'content']]));
  await until(() => calls > 1);
  await rechecked.close();
  expect(String(errors[0])).toContain('the listener broke');
});

test('a link that points at itself and a name that is too deep are absent, not a crash', async () => {
  symlinkSync('loop', join(folder, 'loop'));
  await watch.set(
    new Map([
      [join(folder, 'loop'), 'content'],
      [join(file, 'below', 'a', 'file'), 'content'],
    ]),
  );
  rmSync(join(folder, 'loop'));
  writeFileSync(join(folder, 'loop'), 'a file now');
  await until(() => told.length > 0);
});
