// The kernel as a daemon runs it: an edit that it was told of in time is parsed before it is asked to read it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openDaemonKernel } from '../../../core/api/daemon-kernel.ts';
import { systemClock } from '../../../core/clock.ts';
import { createLogs } from '../../../core/daemon/log.ts';

const parsed = vi.hoisted(() => [] as string[]);
vi.mock(import('../../../core/config/parse.ts'), async (original) => {
  const real = await original();
  return { ...real, parseText: (file) => (parsed.push(file.text), real.parseText(file)) };
});

const config = (text: string): string => `plugins: [file]\nfiles: { a: { path: a, text: ${text} } }\n`;

test('what was told of is parsed once, and taken over when it is read', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'realm-daemon-kernel-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const [file, stateDir] = [join(dir, 'realm.config.yaml'), join(dir, '.realm')];
  const clock = systemClock;
  writeFileSync(file, config('one'));
  const logs = createLogs({ stateDir, clock });
  const holder = { pid: process.pid, version: '0', startedAt: '', holder: 'daemon' } as const;
  const kernel = await openDaemonKernel({ file, stateDir, clock, logs, env: {} }, holder);
  onTestFinished(() => kernel.stop(1_000, 'the test is over', false));
  writeFileSync(file, config('two'));
  kernel.edited([dir, file]);
  expect(parsed).toEqual([config('one'), config('two')]);
  expect(await kernel.reload()).toEqual({ ok: true, changed: true });
  expect(parsed).toHaveLength(2);
});
