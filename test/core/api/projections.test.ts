// status/realm.json: only where somebody asked for it, whole, quiet when nothing happens, and never a danger to the daemon.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { ResourceView, StatusView } from '../../../core/api/door.ts';
import { type StatusFile, statusFile } from '../../../core/api/projections.ts';
import { silentLog } from '../../../core/kernel/world.ts';
import { virtualClock } from '../../../core/simulate/clock.ts';

const START = Date.UTC(2030, 0, 1);
const MINUTE = 60_000;

function scene(): {
  root: string;
  path: string;
  file: StatusFile;
  clock: ReturnType<typeof virtualClock>;
  said: string[];
  become(ready: boolean): void;
} {
  const root = mkdtempSync(join(tmpdir(), 'realm-status-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const clock = virtualClock(START);
  const said: string[] = [];
  let looks = 0;
  let ready = true;
  const resource = (): ResourceView => ({
    ref: 'file/a',
    ready,
    generation: 1,
    observedGeneration: 1,
    conditions: [],
    nextLookAt: `look ${looks++}`,
  });
  const status = async (): Promise<StatusView> => ({
    version: 1,
    daemon: { pid: 1, version: '0', startedAt: '', holder: 'daemon' },
    resources: [resource()],
    plugins: [],
    configError: null,
    store: 'ok',
  });
  const log = { ...silentLog, warn: (message: string) => void said.push(message) };
  const file = statusFile({ root, clock, log, status });
  return { root, path: join(root, 'status/realm.json'), file, clock, said, become: (now) => void (ready = now) };
}

const read = (path: string): { updated_at: string; daemon: unknown; resources: ResourceView[] } =>
  JSON.parse(readFileSync(path, 'utf8')) as { updated_at: string; daemon: unknown; resources: ResourceView[] };

test('without a folder `status` nothing is written, and making one is enough', async () => {
  const { root, path, file, clock } = scene();
  file.touch();
  await clock.advance(10 * MINUTE);
  expect(readdirSync(root)).toEqual([]);
  mkdirSync(join(root, 'status'));
  await clock.advance(MINUTE);
  expect(read(path).resources).toEqual([expect.objectContaining({ ref: 'file/a', ready: true })]);
  rmSync(join(root, 'status'), { recursive: true });
  await clock.advance(5 * MINUTE);
  await file.close();
  expect(readdirSync(root)).toEqual([]);
});

test('news are there within half a second; a day without news is one write a minute', async () => {
  const { root, path, file, clock, become } = scene();
  mkdirSync(join(root, 'status'));
  file.touch();
  await clock.advance(500);
  expect(read(path).updated_at).toBe('2030-01-01T00:00:00.500Z');
  become(false);
  for (let n = 0; n < 100; n++) file.touch();
  await clock.advance(500);
  expect(read(path)).toMatchObject({ updated_at: '2030-01-01T00:00:01.000Z', resources: [{ ready: false }] });

  let writes = 0;
  let last = '';
  for (let second = 0; second < 600; second++) {
    file.touch(); // something happens all the time, and changes nothing
    await clock.advance(1_000);
    const now = read(path).updated_at;
    if (now !== last) writes++;
    last = now;
  }
  expect(writes).toBeGreaterThanOrEqual(10);
  expect(writes).toBeLessThanOrEqual(11);
  expect(clock.now() - Date.parse(last)).toBeLessThanOrEqual(MINUTE + 1_000);
});

test('the last word says that nobody watches any more, and nothing comes after it', async () => {
  const { root, path, file, clock } = scene();
  mkdirSync(join(root, 'status'));
  file.touch();
  await clock.advance(500);
  expect(read(path).daemon).toMatchObject({ pid: 1 });
  await file.close();
  expect(read(path).daemon).toBe(null);
  const { mtimeMs } = statSync(path);
  file.touch();
  await clock.advance(10 * MINUTE);
  expect(statSync(path).mtimeMs).toBe(mtimeMs);
});

test('what cannot be written is told once, and tried again', async () => {
  const { root, path, file, clock, said } = scene();
  mkdirSync(path, { recursive: true }); // a folder stands where the file should be
  for (let n = 0; n < 3; n++) {
    file.touch();
    await clock.advance(2 * MINUTE);
  }
  expect(said).toEqual([expect.stringMatching(/^status\/realm\.json is not written: .+/)]);
  rmSync(path, { recursive: true });
  file.touch();
  await clock.advance(MINUTE);
  expect(existsSync(path)).toBe(true);
  expect(readdirSync(join(root, 'status'))).toEqual(['realm.json']);
});
