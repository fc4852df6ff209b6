// What comes after a service of another host waits for what that host says of it, and for nothing that nobody can know.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EVERY_MS } from '../../../plugins/hosts/health.ts';
import { HANGS_MS, until } from '../../e2e/realm.ts';
import { kernelDoor } from './door.ts';
import { serverWith, type Stage, stageOf } from './stage.ts';

const yamlWith = (offered: string): string => `hosts:
  other: { address: 127.0.0.1, services: { ${offered} } }
  me: { address: 192.0.2.1 }
services:
  web: { host: other, command: [web] }
files:
  mine: { path: mine, text: a, after: [service/web] }
`;
const ME = { host: 'me' };
const ALL = { plugins: '[hosts, services, file]' };
const isMade = ({ realm }: Stage): boolean => existsSync(join(realm.root, 'mine'));
const reasonsOf = async (stage: Stage): Promise<string> =>
  (await stage.realm.door(stage.kernel).why('file/mine')).reasons.join('\n');

test('a healthy service elsewhere is ready for those here that come after it, also in one apply', async () => {
  const { port } = await serverWith((_request, response) => response.end());
  const stage = await stageOf(yamlWith(`web: ${port}`), ME, ALL);
  await kernelDoor(stage).apply();
  expect(stage.condition('service/web', 'Ready')).toBe('True Elsewhere');
  expect(isMade(stage)).toBe(true);
});

test('an ill one is waited for, with its host and what it answered as the reason, until it is well', async () => {
  let status = 503;
  const { port } = await serverWith((_request, response) => response.writeHead(status).end());
  const stage = await stageOf(yamlWith(`web: ${port}`), ME, { ...ALL, purpose: 'daemon' });
  await stage.kernel.start();
  const soon = (is: () => boolean, what: string): Promise<void> =>
    until(async () => is() || (await stage.realm.clock.advance(20), is()), HANGS_MS, what);
  await soon(() => stage.condition('service/web', 'Ready') === 'False Elsewhere', 'an ill service');
  expect(await reasonsOf(stage)).toContain('lives on other: HTTP 503 from /health');
  expect(isMade(stage)).toBe(false);
  status = 200;
  const healedAt = stage.realm.clock.now();
  await soon(() => isMade(stage), 'the file');
  expect(stage.realm.clock.now() - healedAt).toBeLessThan(EVERY_MS); // woken by the news, not by the regular look
});

test('unknown is not ready: a host that is not there, and one that does not say that it offers it', async () => {
  const silent = await stageOf(
    yamlWith('web: { port: 9, protocol: tcp }').replace('127.0.0.1', 'nowhere.invalid'),
    ME,
    ALL,
  );
  await kernelDoor(silent).apply();
  expect(silent.condition('service/web', 'Ready')).toBe('Unknown Elsewhere');
  expect(isMade(silent)).toBe(false);
  const unsaid = await stageOf(yamlWith('db: 9'), ME, ALL);
  await kernelDoor(unsaid).apply();
  expect(isMade(unsaid)).toBe(false);
  expect(await reasonsOf(unsaid)).toContain('nothing under `hosts.other.services` has its name');
});

test('nobody is asked about what nothing here comes after', async () => {
  let asked = 0;
  const { port } = await serverWith((_request, response) => (asked++, response.end()));
  const stage = await stageOf(yamlWith(`web: ${port}`).replace(', after: [service/web]', ''), ME, ALL);
  await kernelDoor(stage).apply();
  expect([asked, isMade(stage), stage.condition('service/web', 'Ready')]).toEqual([0, true, 'Unknown Elsewhere']);
});
