// What the machine says of itself.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { thisMachine } from '../../../core/os/this-machine.ts';

function resolvConf(text: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'realm-names-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  writeFileSync(join(dir, 'resolv.conf'), text);
  return join(dir, 'resolv.conf');
}

test('its name with each search domain, its loopback address, and the host it was told to be', () => {
  const { host, names, addresses } = thisMachine(
    { REALM_HOST: '4090' },
    resolvConf('# comment\nsearch lab.example  Lan.\nnameserver 192.0.2.1\n'),
  );
  const own = hostname().toLowerCase();
  const short = own.split('.')[0]!;
  expect(host).toBe('4090');
  expect(names[0]).toBe(own);
  expect(names).toEqual(expect.arrayContaining([`${short}.lab.example`, `${short}.lan`, `${short}.local`]));
  expect(addresses).toContain('127.0.0.1');
});

test('no resolv.conf, and an empty word, are nothing to stumble over', () => {
  const { host, names } = thisMachine({ REALM_HOST: '' }, '/nowhere/resolv.conf');
  expect([host, names[0]]).toEqual([undefined, hostname().toLowerCase()]);
});
