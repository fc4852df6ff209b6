// The README, walked by somebody who has an empty folder and an old Node: everything it shows is what happens.
import { existsSync, readFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { offered, openInEditor } from '../core/schema/language-server.ts';
import { HANGS_MS, isRunning, oldNode, realm, SOON_MS, tempRealm, until } from './realm.ts';

const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');

/** The block of the README that begins with this line. */
function shown(language: string, firstLine: string): string {
  const from = readme.indexOf(`\`\`\`${language}\n${firstLine}\n`);
  if (from === -1) throw new Error(`the README has no ${language} block that begins with ${firstLine}`);
  const text = readme.slice(from + language.length + 4);
  return text.slice(0, text.indexOf('```\n'));
}

const config = shown('yaml', '# realm.config.yaml');
const plugin = shown('ts', '// greeting.ts: keeps a greeting for everyone who is named.');

const newcomer = (): Promise<string> => tempRealm({ 'realm.config.yaml': config, 'greeting.ts': plugin });

interface Plan {
  readonly changes: readonly { readonly ref: string; readonly action: string; readonly reason: string }[];
}
const planOf = (text: string): string[] =>
  (JSON.parse(text) as Plan).changes.map(({ ref, action }) => `${action} ${ref}`).sort();

test('the config is about ten lines, and the plugin under 25', () => {
  expect(config.split('\n').length).toBeLessThanOrEqual(11);
  expect(plugin.trim().split('\n').length).toBeLessThanOrEqual(25);
});

test('a mistake is told with file, line, column and what to do', async () => {
  const dir = await newcomer();
  expect(await realm(dir, ['validate'])).toMatchObject({ code: 0, stderr: '' });
  await writeFile(
    join(dir, 'realm.config.yaml'),
    config.replace('to: Ann', 'too: Ann').replace('text: "9', 'txet: "9'),
  );
  const { code, stdout } = await realm(dir, ['validate', '--json']);
  expect(code).toBe(1);
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { line: number; message: string; hint: string }[] };
  const lines = config.split('\n');
  const place = (text: string, word: string) => {
    const line = lines.findIndex((one) => one.includes(text));
    return { file: join(dir, 'realm.config.yaml'), line: line + 1, column: lines[line]!.indexOf(word) + 1 };
  };
  expect(diagnostics).toContainEqual(
    expect.objectContaining({
      ...place('hours:', 'text:'),
      path: 'files.hours.txet',
      hint: expect.stringContaining('text'),
    }),
  );
  expect(diagnostics).toContainEqual(
    expect.objectContaining({
      ...place('ann:', 'to:'),
      path: 'greetings.ann.too',
      hint: expect.stringContaining('to'),
    }),
  );
  const told = await realm(dir, ['validate']);
  const { line, column } = place('ann:', 'to:');
  expect(told.stdout + told.stderr).toContain(`realm.config.yaml:${line}:${column}`);
});

test('planned, applied and looked at again, started by the old Node of the system', async () => {
  const dir = await newcomer();
  const how = { node: oldNode(), env: { PATH: '/usr/local/bin:/usr/bin:/bin' } };
  const planned = await realm(dir, ['plan', '--json'], how);
  expect(planned).toMatchObject({ code: 2, stderr: '' });
  expect(planOf(planned.stdout)).toEqual(['create file/hours', 'create file/motd', 'create greeting/ann']);
  expect(existsSync(join(dir, '.realm'))).toBe(false);
  const asked = await realm(dir, ['apply'], how);
  expect(asked.code).toBe(4); // nobody is there to say yes
  for (const line of ['+ file/motd', '+ file/hours', '+ greeting/ann']) expect(asked.stdout).toContain(line);
  expect(existsSync(join(dir, 'motd.txt'))).toBe(false);
  expect(await realm(dir, ['apply', '--yes'], how)).toMatchObject({ code: 0, stderr: '' });
  expect(await readFile(join(dir, 'hello-ann.txt'), 'utf8')).toBe('Hello, Ann!\n');
  expect(await readFile(join(dir, 'motd.txt'), 'utf8')).toBe('Be kind.\n');
  expect(await realm(dir, ['plan'], how)).toMatchObject({ code: 0, stderr: '' });
  expect(await realm(dir, ['drift'])).toMatchObject({ code: 0, stderr: '' });
});

test('an edit by hand is drift, and heals; what is no longer declared goes; down ends it', async () => {
  const dir = await newcomer();
  const hello = join(dir, 'hello-ann.txt');
  await realm(dir, ['apply', '--yes']);
  await writeFile(hello, 'Go away, Ann!\n');
  const drift = await realm(dir, ['drift', '--json']);
  expect(drift.code).toBe(3);
  expect((JSON.parse(drift.stdout) as Plan).changes).toMatchObject([{ ref: 'greeting/ann', reason: 'drift' }]);

  expect(await realm(dir, ['up'])).toMatchObject({ code: 0, stderr: '' });
  const reads = async (path: string, text: string): Promise<boolean> =>
    (await readFile(path, 'utf8').catch(() => '')) === text;
  await until(() => reads(hello, 'Hello, Ann!\n'), SOON_MS, 'the edit from before to be healed');
  await until(async () => (await readyOf(dir)) === 3, HANGS_MS, 'all three to be ready');
  await writeFile(hello, 'Go away again!\n');
  await until(() => reads(hello, 'Hello, Ann!\n'), SOON_MS, 'the edit under watch to be healed');

  const why = await realm(dir, ['why', 'file/motd']);
  expect(why.code).toBe(0);
  expect(why.stdout).toContain('file/motd');

  await writeFile(join(dir, 'mine.txt'), 'made by hand\n');
  await writeFile(
    join(dir, 'realm.config.yaml'),
    config.replace(/^ {2}ann:.*\n/m, ' {}\n').replace('greetings:\n {}', 'greetings: {}'),
  );
  await until(() => !existsSync(hello), SOON_MS, 'the undeclared greeting to go');
  expect(await readFile(join(dir, 'mine.txt'), 'utf8')).toBe('made by hand\n');
  expect(await readFile(join(dir, 'motd.txt'), 'utf8')).toBe('Be kind.\n');

  const { pid } = JSON.parse(await readFile(join(dir, '.realm/lease.json'), 'utf8')) as { pid: number };
  expect(await realm(dir, ['down'])).toMatchObject({ code: 0, stderr: '' });
  expect(isRunning(pid)).toBe(false);
  await rm(join(dir, 'motd.txt'));
  expect((await realm(dir, ['drift'])).code).toBe(3); // nobody watches any more
});

async function readyOf(dir: string): Promise<number> {
  const { stdout } = await realm(dir, ['status', '--json']);
  return (JSON.parse(stdout) as { resources: { ready: boolean | null }[] }).resources.filter(({ ready }) => ready)
    .length;
}

test('the editor knows the section of the plugin', async () => {
  const dir = await newcomer();
  expect(await realm(dir, ['schema', '--write'])).toMatchObject({ code: 0, stderr: '' });
  const schema = JSON.parse(await readFile(join(dir, '.realm/schema/realm.json'), 'utf8')) as {
    properties: Record<string, unknown>;
  };
  expect(Object.keys(schema.properties)).toEqual(expect.arrayContaining(['files', 'greetings', 'realm', 'plugins']));
  expect(existsSync(join(dir, '.realm/schema/greetings.json'))).toBe(true);
  const text = `${config}  bob:\n    path: hello-bob.txt\n    \n`;
  const editor = await openInEditor(dir, text);
  expect(await offered(editor, text.split('\n').length - 2, 4)).toEqual(
    expect.arrayContaining(['to', 'after', 'protect']),
  );
  const wrong = await openInEditor(dir, config.replace('to: Ann', 'too: Ann'));
  expect(wrong.findings.map(({ message }) => message).join()).toContain('too');
});

test('the plugin passes the conformance suite as it stands', async () => {
  const dir = await newcomer();
  const tried = await realm(dir, ['plugin', 'test', './greeting.ts']);
  expect(tried, tried.stdout + tried.stderr).toMatchObject({ code: 0 });
});
