// A skill is added by dropping in one file, however an editor saves it, and a mistake in it stops nothing else.
import { mkdirSync, renameSync, rmSync, symlinkSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { HANGS_MS, realm, SOON_MS, tempRealm, until, watch, type Watch } from './realm.ts';

vi.setConfig({ testTimeout: 120_000 }); // many commands, each slow on a busy machine

const config = 'plugins: [file, skills]\nfiles:\n  motd: { path: motd.txt, text: hi }\n';
const skill = (name: string): string => `name: ${name}\nlevels: 30\ncategory: math\n`;

interface Status {
  readonly resources: readonly { readonly ref: string; readonly ready: boolean | null; readonly generation: number }[];
  readonly configError: string | null;
}
const status = async (dir: string): Promise<Status> =>
  JSON.parse((await realm(dir, ['status', '--json'])).stdout) as Status;

interface Event {
  readonly seq: number;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}
const eventsOf = (printed: string, type: string): Event[] =>
  printed
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as Event)
    .filter((event) => event.type === type);

/** A realm under `watch --json`, and what its journal said so far. */
async function watched(): Promise<{ dir: string; file: string; watching: Watch; count: (type: string) => number }> {
  const dir = await tempRealm({ 'realm.config.yaml': config });
  mkdirSync(join(dir, 'configs/skills'), { recursive: true });
  const watching = watch(dir, ['watch', '--yes', '--json']);
  await until(async () => (await status(dir)).resources[0]?.ready === true, HANGS_MS, 'the realm to be watched');
  const follower = watch(dir, ['events', '--since', '0', '--follow', '--json']);
  await follower.prints('realm.started');
  const count = (type: string): number => eventsOf(follower.output(), type).length;
  return { dir, file: join(dir, 'configs/skills/bin.yaml'), watching, count };
}

/** In one step, so that nobody sees it empty. */
function save(file: string, text: string): void {
  writeFileSync(`${file}~`, text);
  renameSync(`${file}~`, file);
}

test('a dropped file is a skill within a second; a broken one keeps the last good; a deleted one is forgotten', async () => {
  const { dir, file, count } = await watched();
  save(file, skill('Binary Alchemy'));
  await until(() => count('realm.reloaded') === 1, SOON_MS, 'the skill to be seen');
  const listed = await realm(dir, ['skills']);
  expect(listed).toMatchObject({ code: 0, stderr: '' });
  expect(listed.stdout).toContain('Binary Alchemy');
  expect((await status(dir)).resources).toContainEqual(expect.objectContaining({ ref: 'skill/bin', ready: true }));

  save(file, 'name: Binary Alchemy\nlevles: 30\n');
  await until(() => count('realm.reloadFailed') > 0, SOON_MS, 'the mistake to be seen');
  const { configError, resources } = await status(dir);
  expect(configError).toContain('configs/skills/bin.yaml:2:1');
  expect(resources.map(({ ref }) => ref).sort()).toEqual(['file/motd', 'skill/bin']);
  expect((await realm(dir, ['skills'])).stdout).toContain('Binary Alchemy');

  save(file, skill('Binary Alchemy II'));
  await until(() => count('realm.reloaded') === 2, SOON_MS, 'the mended file to be seen');
  expect((await status(dir)).configError).toBe(null);
  expect((await realm(dir, ['skills'])).stdout).toContain('Binary Alchemy II');

  await rm(file);
  await until(() => count('realm.reloaded') === 3, SOON_MS, 'the deleted file to be seen');
  expect((await realm(dir, ['skills', '--json'])).stdout).not.toContain('Alchemy');
  await until(async () => (await status(dir)).resources.length === 1, HANGS_MS, 'the skill to be forgotten');
});

const saves: Readonly<Record<string, (file: string, text: string) => void>> = {
  'renaming over it': save,
  'truncating and writing': (file, text) => {
    truncateSync(file);
    writeFileSync(file, text);
  },
  'moving it away and writing anew': (file, text) => {
    renameSync(file, `${file}.bak`);
    writeFileSync(file, text);
    rmSync(`${file}.bak`);
  },
  'deleting and creating': (file, text) => {
    unlinkSync(file);
    writeFileSync(file, text);
  },
  'swapping a symlink': (file, text) => {
    const folder = join(file, '../../..', `v-${text.length}`);
    mkdirSync(folder);
    writeFileSync(join(folder, 'bin.yaml'), text);
    symlinkSync(join(folder, 'bin.yaml'), `${file}.new`);
    renameSync(`${file}.new`, file);
  },
};

test('every way of saving is seen, and a burst of saves is one reload or two', async () => {
  const { dir, file, count } = await watched();
  writeFileSync(file, skill('Original'));
  await until(() => count('realm.reloaded') > 0, SOON_MS, 'the skill to be seen');
  let said = 'Original';
  for (const [way, saveBy] of Object.entries(saves)) {
    const before = count('realm.reloaded');
    said += '+';
    saveBy(file, skill(said));
    const isSeen = (): boolean => count('realm.reloaded') > before;
    await until(isSeen, SOON_MS, `the file saved by ${way} to be seen`);
    await until(async () => (await names(dir)).includes(said), SOON_MS, `the skill saved by ${way}`);
  }
  const before = count('realm.reloaded');
  const startedAt = performance.now();
  for (let n = 0; n < 50; n++) save(file, skill(`${said} ${n}`));
  const pauses = Math.floor((performance.now() - startedAt) / QUIET_MS); // each could end a burst, on a busy machine
  await until(async () => (await names(dir)).includes(`${said} 49`), SOON_MS, 'the last save');
  await until(() => count('realm.reloaded') > before, SOON_MS, 'the reload to be told');
  expect(count('realm.reloaded') - before).toBeLessThanOrEqual(2 + pauses);
});

const QUIET_MS = 50;

async function names(dir: string): Promise<string[]> {
  const { stdout } = await realm(dir, ['skills', '--json']);
  return (JSON.parse(stdout) as { result: { name: string }[] }).result.map(({ name }) => name);
}
