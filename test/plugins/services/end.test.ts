// Why a command could not be run at all, told by what is missing.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { decode } from '../../../core/schema/decode.ts';
import { endOf } from '../../../plugins/services/end.ts';
import type { Life } from '../../../plugins/services/facts.ts';
import { serviceSpec } from '../../../plugins/services/spec.ts';

function whyOf(root: string, status: number, written: object): string {
  const decoded = decode(serviceSpec, { command: ['x'], ...written }, { root });
  if (!decoded.ok) throw new Error(decoded.why);
  const life = { logFrom: 0 } as Life;
  const paths = { root, data: join(root, 'data') };
  return endOf({ status, why: `exit ${status}` }, { name: 'web', spec: decoded.value }, life, { paths }).why;
}

test('a missing program, one that may not be executed, and a missing folder are named', () => {
  const root = mkdtempSync(join(tmpdir(), 'realm-end-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  writeFileSync(join(root, 'script'), '#!/bin/sh\n');
  chmodSync(join(root, 'script'), 0o644);
  expect(whyOf(root, 127, { command: ['no-such-program-at-all'] })).toContain('"no-such-program-at-all"');
  expect(whyOf(root, 127, { command: ['./gone'] })).toContain(`${join(root, 'gone')} does not exist`);
  expect(whyOf(root, 126, { command: ['./script'] })).toContain(join(root, 'script'));
  expect(whyOf(root, 126, { cwd: 'nowhere' })).toContain(`${join(root, 'nowhere')} does not exist`);
});

test('a program that is there and ends so is taken at its word', () => {
  expect(whyOf('/', 127, { command: ['sh'] })).toBe('exit 127');
  expect(whyOf('/', 127, { command: 'exit 127', shell: true })).toBe('exit 127');
  expect(whyOf('/', 3, { command: ['no-such-program-at-all'] })).toBe('exit 3');
});
