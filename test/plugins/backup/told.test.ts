// What a person is told of backups: without secrets, without saying it twice, and whatever is not as it was asked for.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { realm, tempRealm } from '../../e2e/realm.ts';

vi.setConfig({ testTimeout: 180_000 }); // many commands, each slow on a busy machine

const config = (backups: string): string => `realm: { timezone: UTC }\nplugins: [backup]\nbackups:\n${backups}`;

/** The text of everything below a folder. */
function allText(folder: string): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  return files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1')).join('\n');
}

test('a password inside the name of a repository is in no output and in no file of the state', async () => {
  const target = '{ engine: restic, repository: "rest:http://ada:hunter@22@127.0.0.1:1/lab", password: pa55word }';
  const dir = await tempRealm({
    'realm.config.yaml': config(`  daily: { sources: [agents], to: [${target}], keep: { last: 3 } }\n`),
    'agents/SOUL.md': 'careful\n',
  });
  const ran = await realm(dir, ['backup', 'run', 'daily'], { timeoutMs: 120_000 });
  expect(ran.code, ran.stdout + ran.stderr).toBe(1);
  const said = ran.stdout + ran.stderr;
  expect(said).toContain('rest:http://127.0.0.1:1/lab: nothing was saved; ');
  expect(said.match(/rest:http:\/\/127\.0\.0\.1:1\/lab: rest:http/)).toBeNull();
  const told = await realm(dir, ['why', 'backup/daily']);
  const removed = await realm(dir, ['events', '--json']);
  for (const text of [said, told.stdout, removed.stdout, allText(join(dir, '.realm'))]) {
    expect(text).not.toContain('hunter');
    expect(text).not.toContain('22@');
  }
});
