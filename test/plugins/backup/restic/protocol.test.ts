// What the restic engine promises beyond others: on a real repository, with people, other programs and crashes beside it.
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { START, testJob, testPolicy, testTools } from '../rig.ts';
import { hasRestic } from './program.ts';
import { killedAt, makeRealm, type Place } from './realm.ts';
import { flipInPacks, restic, resticEnvironment, rewrap } from './repository.ts';
import { MEMORY } from '../../../memory.ts';

const DAY = 86_400_000;

describe.skipIf(!hasRestic())('with the program', { timeout: 60_000 }, () => {
  const scratch = mkdtempSync(join(MEMORY, 'realm-restic-'));
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  const realm = (): Place => makeRealm(scratch);

  test('a look says what there is: ready, new, missing, another, and a password that does not fit', async () => {
    const { root, repository, open } = realm();
    const ready = await open().look();
    expect(ready).toMatchObject({ is: 'ready', id: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
    expect(ready.freeBytes).toBeGreaterThan(0);
    expect((await open({ expected: ready.id }).look()).is).toBe('ready');
    expect((await open({ expected: 'a'.repeat(64) }).look()).is).toBe('foreign');
    expect((await open({ repository: join(root, 'none') }).look()).is).toBe('new');
    expect((await open({ repository: join(root, 'none'), expected: ready.id }).look()).is).toBe('missing');
    expect((await open({ repository: join(root, 'not/mounted') }).look()).is).toBe('missing');
    const wrong = open({ password: 'guess' });
    expect(await wrong.look()).toMatchObject({ is: 'missing', why: `the password does not open ${repository}` });
    await expect(wrong.list('daily')).rejects.toMatchObject({ code: 'BACKUP_TARGET_UNREADABLE' });
  });

  test('nothing is made where another disk should be', async () => {
    const { root, repository, open } = realm();
    const job = testJob(testPolicy('daily', root));
    const gone = join(root, 'not/mounted');
    await expect(open({ repository: gone }).write(job, testTools(START))).rejects.toThrow('nothing is written to');
    await expect(open({ expected: 'b'.repeat(64) }).write(job, testTools(START))).rejects.toThrow(
      'nothing is written to',
    );
    expect(readdirSync(root)).not.toContain('not');
    expect(readdirSync(join(repository, 'snapshots'))).toEqual([]);
  });

  test('the first run makes the repository, and restic alone restores what is in it', async () => {
    const { root, open } = realm();
    const own = join(root, 'own');
    const tools = testTools(START, { step: (point) => point === 'backup.target:after' && rewrap(own) });
    await open({ repository: own }).write(testJob(testPolicy('daily', root)), tools);
    expect(tools.said).toEqual([`made the repository ${own}`]);
    const out = join(root, 'out');
    restic(own, ['restore', 'latest', '--target', out]);
    execFileSync('diff', ['-r', '--no-dereference', join(root, 'agents'), join(out, root, 'agents')]);
  });

  test('a file that goes between the walk and restic makes it partial, and is named', async () => {
    const { root, open } = realm();
    const file = join(root, 'agents/z/memory/lessons.md');
    const tools = testTools(START, { step: (point) => point === 'backup.save:before' && rmSync(file) });
    const { snapshot, troubles } = await open().write(testJob(testPolicy('daily', root)), tools);
    expect(troubles).toMatchObject([{ path: 'agents/z/memory/lessons.md', what: 'vanished' }]);
    expect(snapshot).toMatchObject({ status: 'partial', files: 6 });
    const paths: string[] = [];
    for await (const { path } of open().entries(snapshot)) paths.push(path);
    expect(paths).not.toContain('agents/z/memory/lessons.md');
    expect(paths).toContain('agents/z/memory/zero');
  });

  test("other people's snapshots in the repository are neither listed nor touched", async () => {
    const { root, repository, open } = realm();
    restic(repository, ['backup', '-q', '--tag', 'mine', join(root, 'agents/z')]);
    restic(repository, ['backup', '-q', '--tag', 'realm,policy=daily,label=x', join(root, 'agents/z')]);
    const { snapshots, unreadable } = await open().list('daily');
    expect(snapshots).toEqual([]);
    expect(unreadable).toMatchObject([{ why: 'its tags say no uid that can be read' }]);
    const tools = testTools(START);
    const { snapshot } = await open().write(testJob(testPolicy('daily', root)), tools);
    await open().remove([snapshot], () => 'all of it', tools);
    await open().tidy('daily', testTools(START + 9 * DAY));
    expect(JSON.parse(restic(repository, ['snapshots', '--json', '--no-lock']))).toHaveLength(2);
    restic(repository, ['check', '--read-data']);
  });

  test('both copies that a crash of restic leaves are one snapshot, and the older goes', async () => {
    const { root, repository, open } = realm();
    const tools = testTools(START);
    await open().write(testJob(testPolicy('daily', root)), tools);
    const folder = join(repository, 'snapshots');
    const kept = join(root, 'kept');
    cpSync(folder, kept, { recursive: true });
    const [snapshot] = (await open().list('daily')).snapshots;
    await open().pin(snapshot!, { until: null, why: 'paper' });
    cpSync(kept, folder, { recursive: true });
    expect(readdirSync(folder)).toHaveLength(2);
    const { snapshots } = await open().list('daily');
    expect(snapshots).toMatchObject([{ pin: { why: 'paper' } }]);
    await open().tidy('daily', tools);
    expect(readdirSync(folder)).toHaveLength(1);
    expect((await open().list('daily')).snapshots).toEqual(snapshots);
  });

  test('the lock of a restic that was killed is taken away; that of one that lives is respected', async () => {
    const { root, repository, open } = realm();
    const { snapshot } = await open().write(testJob(testPolicy('daily', root)), testTools(START));
    const other = spawn('restic', ['backup', '--stdin', '-q'], {
      env: resticEnvironment(repository),
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const locks = join(repository, 'locks');
    while (readdirSync(locks).length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    const pinned = open().pin(snapshot, { until: null, why: 'paper' });
    await expect(pinned).rejects.toMatchObject({ code: 'BACKUP_TARGET_BUSY' });
    expect((await open().list('daily')).snapshots).toEqual([snapshot]);
    other.kill('SIGKILL');
    await once(other, 'exit');
    expect(readdirSync(locks).length).toBeGreaterThan(0);
    await open().pin(snapshot, { until: null, why: 'paper' });
    expect((await open().list('daily')).snapshots).toMatchObject([{ pin: { why: 'paper' } }]);
    expect(readdirSync(locks)).toEqual([]);
  });

  test('killed at a step: what was there stays, nothing half is listed, and the next one goes on', async () => {
    const place = realm();
    const labels = async (): Promise<string[]> =>
      (await place.open().list('daily')).snapshots.map(({ label }) => label);
    const job = testJob(testPolicy('daily', place.root));
    await place.open().write(job, testTools(START));
    killedAt(place, 'write', 'backup.save:after', START + DAY);
    expect(await labels()).toEqual(['2126-11-21']);
    killedAt(place, 'write', 'backup.commit:before', START + 2 * DAY);
    expect(await labels()).toEqual(['2126-11-21']);
    killedAt(place, 'write', 'backup.commit:after', START + 3 * DAY);
    expect(await labels()).toEqual(['2126-11-21', '2126-11-24']);
    const { snapshot, resumedFiles } = await place.open().write(job, testTools(START + 4 * DAY));
    expect(snapshot.status).toBe('complete');
    expect(resumedFiles).toBeGreaterThan(3);
    killedAt(place, 'remove', 'backup.remove:after', START + 4 * DAY);
    expect([await labels(), (await place.open().trash('daily')).length]).toEqual([['2126-11-21', '2126-11-24'], 1]);
    killedAt(place, 'tidy', 'backup.purge:after', START + 9 * DAY);
    expect(readdirSync(join(place.repository, 'snapshots'))).toHaveLength(2);
    restic(place.repository, ['check', '--read-data']);
  });

  test('a large file of which one part is damaged is not handed over, whole as it looks', async () => {
    const { root, repository, open } = realm();
    // restic cuts at 8 MiB at the latest, so there are two parts, and a failed one leaves a file of the right size
    writeFileSync(join(root, 'agents/large'), randomBytes(9 << 20));
    const { snapshot } = await open().write(testJob(testPolicy('daily', root)), testTools(START));
    flipInPacks(repository);
    const wanted = [];
    for await (const entry of open().entries(snapshot)) {
      if (entry.path === 'agents/large' || entry.path === 'agents/z/run.sh') {
        wanted.push({ entry, to: join(root, entry.path.replaceAll('/', '_')) });
      }
    }
    const { damaged } = await open().extract(snapshot, wanted, testTools(START));
    expect(damaged.map(({ path }) => path)).toContain('agents/large');
    expect(existsSync(join(root, 'agents_large'))).toBe(false);
  });

  test('nothing of a run stays in its scratch folder', async () => {
    const { root, open, data } = realm();
    const { snapshot } = await open().write(testJob(testPolicy('daily', root)), testTools(START));
    await open().verify(snapshot, 'structure', testTools(START));
    const left = readdirSync(data, { recursive: true, encoding: 'utf8' }).filter((name) => /scratch\/./.test(name));
    expect(left).toEqual([]);
  });
});
