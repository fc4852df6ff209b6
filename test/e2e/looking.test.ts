// Looking changes nothing: not the config, not the world, not the state, whether or not a daemon runs.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { HANGS_MS, realm, tempRealm, until, watch } from './realm.ts';

vi.setConfig({ testTimeout: 120_000 }); // many commands, each slow on a busy machine

const config = `plugins: [file, skills]
files:
  motd: { path: motd.txt, text: hi }
  rule: { path: deep/rule.txt, text: be kind, after: [file/motd] }
  kept: { path: kept.txt, text: locked, protect: true }
skills:
  bin: { name: Bin, levels: 3 }
`;
const LOOKS: readonly (readonly string[])[] = [
  ['plan'],
  ['drift'],
  ['validate'],
  ['why', 'file/motd'],
  ['status'],
  ['config'],
  ['config', '--origin'],
  ['events', '--since', '0'],
  ['runs'],
  ['approvals'],
  ['schema'],
  ['doctor'],
  ['logs'],
  ['plugin', 'list'],
  ['migrate'],
  ['skills'],
];
/** These also say 1 when they find no log, or something to warn of. */
const MAY_FIND = ['doctor', 'logs'];
/** SQLite keeps these two for itself, and a reader may touch them. */
const OF_SQLITE = /realm\.db-(wal|shm)$/;

/** Name, rights, times of change and content of everything below the folder. */
function fingerprint(dir: string): Record<string, string> {
  const names = (readdirSync(dir, { recursive: true }) as string[]).filter((name) => !OF_SQLITE.test(name)).sort();
  return Object.fromEntries(names.map((name) => [name, print(join(dir, name))]));
}

function print(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return `link to ${readlinkSync(path)}`;
  const content = stat.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : 'no file';
  return `${stat.mode.toString(8)} ${stat.mtimeMs} ${content}`;
}

async function lookAtAll(dir: string): Promise<void> {
  const ends = await Promise.all(LOOKS.map((args) => realm(dir, args, { timeoutMs: 60_000 })));
  for (const [n, { code, stdout, stderr }] of ends.entries()) {
    const what = `realm ${LOOKS[n]!.join(' ')}\n${stdout}${stderr}`;
    expect([0, 2, 3, ...(MAY_FIND.includes(LOOKS[n]![0]!) ? [1] : [])], what).toContain(code);
    expect(stderr, what).not.toMatch(/INTERNAL|ERR_ACCESS_DENIED/);
  }
}

test('a realm that was never applied gets no state folder', async () => {
  const dir = await tempRealm({ 'realm.config.yaml': config });
  const before = fingerprint(dir);
  await lookAtAll(dir);
  expect(fingerprint(dir)).toEqual(before);
  expect(existsSync(join(dir, '.realm'))).toBe(false);
});

test('an applied realm, drifted since, stays exactly as it is', async () => {
  const dir = await tempRealm({ 'realm.config.yaml': config });
  await realm(dir, ['apply', '--yes']);
  await writeFile(join(dir, 'motd.txt'), 'scribble');
  const before = fingerprint(dir);
  await lookAtAll(dir);
  expect(fingerprint(dir)).toEqual(before);
});

test('a realm with a daemon at work stays exactly as it is, its journal too', async () => {
  const dir = await tempRealm({ 'realm.config.yaml': config });
  const watching = watch(dir);
  await watching.prints('keeps 4 resources true');
  await realm(dir, ['hold', 'file/motd', '--why', 'so that nothing is healed while we look']);
  await writeFile(join(dir, 'motd.txt'), 'scribble');
  let drifted = '';
  const isTold = async (): Promise<boolean> => {
    drifted = (await realm(dir, ['events', '--since', '0', '--json'])).stdout;
    return drifted.includes('resource.drifted') && drifted.includes('Stalled'); // how its pass ended is told after that
  };
  await until(isTold, HANGS_MS, 'the drift to be noticed, and left alone');
  const before = fingerprint(dir);
  await lookAtAll(dir);
  const after = fingerprint(dir);
  expect({ ...after, '.realm/lease.json': '' }).toEqual({ ...before, '.realm/lease.json': '' }); // it beats
  expect((await realm(dir, ['events', '--since', '0', '--json'])).stdout).toBe(drifted);
});
