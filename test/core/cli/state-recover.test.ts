// `realm state recover` on a real state folder, under a real lease.
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../core/clock.ts';
import { acquire } from '../../../core/daemon/lease.ts';
import { systemRandom } from '../../../core/random.ts';
import { openStore } from '../../../core/store/store.ts';
import { jsonOf, play } from './stage.ts';

let cwd = '';
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'realm-recover-'));
  onTestFinished(() => rm(cwd, { recursive: true, force: true }));
  await writeFile(join(cwd, 'realm.config.yaml'), 'plugins: []\n');
});
/** A store with one more copy, as a clean stop leaves it. */
function store(): void {
  const opened = openStore({ dir: join(cwd, '.realm'), clock: systemClock, random: systemRandom, mode: 'write' });
  opened.close({ clean: true });
}
const recover = (words: string, more: object = {}): ReturnType<typeof play> =>
  play(['state', 'recover', ...words.split(' ').filter(Boolean)], { cwd, ...more });

test('without a choice it lists the copies, and changes nothing', async () => {
  store();
  const { copies } = jsonOf(await recover('--json'));
  expect(copies).toEqual([expect.objectContaining({ number: 1, fault: null })]);
  const listed = await recover('');
  expect(listed.out).toMatch(/^COPY {2}MADE .+\n1 .+good\n`realm state recover newest`/);
  expect(await readdir(join(cwd, '.realm'))).not.toContain('quarantine');
});

test('without any state there are no copies', async () => {
  expect((await recover('')).out).toMatch(/^There are no copies\.\n/);
  expect(await readdir(cwd)).toEqual(['realm.config.yaml']);
});

test('it asks, and a no changes nothing', async () => {
  store();
  for (const more of [{}, { answer: 'n' }]) {
    const refused = await recover('newest', more);
    expect([refused.code, refused.err]).toEqual([4, expect.stringContaining('APPLY_UNCONFIRMED')]);
  }
  expect(await readdir(join(cwd, '.realm'))).not.toContain('quarantine');
});

test('a damaged database gives way to the newest copy', async () => {
  store();
  await writeFile(join(cwd, '.realm/realm.db'), 'garbage');
  const done = await recover('newest --yes');
  expect([done.code, done.out]).toEqual([0, 'Copy 1 is in place; what was there is in quarantine.\n']);
  store(); // opens again
  expect(await readdir(join(cwd, '.realm/quarantine'))).toHaveLength(1);
});

test('a copy that cannot be used is refused, and an empty database is always there', async () => {
  store();
  const missing = await recover('77 --yes');
  expect([missing.code, missing.err]).toEqual([1, expect.stringContaining('STORE_COPY_UNUSABLE')]);
  expect((await recover('--empty --yes')).out).toMatch(/^An empty database is in place/);
});

test('while somebody holds the realm it waits or says who', async () => {
  store();
  const signal = new AbortController().signal;
  const lease = await acquire({
    stateDir: join(cwd, '.realm'),
    purpose: 'daemon',
    signal,
    clock: systemClock,
    random: systemRandom,
  });
  onTestFinished(() => lease.release());
  const busy = await recover('newest --yes --no-wait');
  expect([busy.code, busy.err]).toEqual([75, expect.stringContaining(`held by process ${process.pid} (daemon)`)]);
});

test.each(['newest --empty', 'third', '-1'])('`%s` is no choice', async (words) => {
  expect((await recover(words)).code).toBe(64);
});
