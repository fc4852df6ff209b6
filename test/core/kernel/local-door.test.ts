// What the door of this process answers: how things stand now, also what could not be stored yet.
import type { EventEmitter } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { ApplyListener } from '../../../core/api/door.ts';
import { testRealm } from './realm.ts';

test('apply tells what it does to each ref, and then how that ended', async () => {
  const files = (...names: string[]): string =>
    `plugins: [file]\nfiles:\n${names.map((name) => `  ${name}: { path: ${name}.txt, text: hi }\n`).join('')}`;
  const realm = testRealm({ 'realm.config.yaml': files('gone', 'same') });
  const apply = async (): Promise<string[]> => {
    const kernel = await realm.open({ purpose: 'once' });
    const told: string[] = [];
    const actor = 'user:ann';
    const tell: ApplyListener = (step) => told.push(`${step.ref} ${'phase' in step ? step.phase : `: ${step.end}`}`);
    const applying = realm.door(kernel).apply({ actor }, tell);
    await realm.clock.advance(1_000);
    await applying;
    await realm.stop(kernel);
    return told;
  };
  await apply();
  realm.write('realm.config.yaml', files('same', 'made'));
  const told = await apply();
  const of = (ref: string): string[] =>
    told.filter((line) => line.startsWith(ref)).map((line) => line.split(' ').slice(1).join(' '));
  expect(of('file/same')).toEqual(['looking', ': unchanged']);
  expect(of('file/made')).toEqual(['looking', 'applying', 'looking again', ': applied']);
  expect(of('file/gone').filter((line) => line !== ': waiting')).toEqual(['removing', ': applied']);
});

test('what nobody has looked at since the start, or since its edit, says so', async () => {
  const files = (text: string): string => `plugins: [file]\nfiles:\n  a: { path: a.txt, text: ${text} }\n`;
  const realm = testRealm({ 'realm.config.yaml': files('one') });
  for (const life of ['first', 'second']) {
    const kernel = await realm.open();
    const unseen = async (): Promise<unknown> => (await realm.door(kernel).status()).resources[0]!.unseen;
    await kernel.start();
    expect(await unseen()).toBe(true);
    await realm.clock.advance(1_000);
    expect(await unseen()).toBeUndefined();
    realm.write('realm.config.yaml', files(life));
    await kernel.reload();
    expect(await unseen()).toBe(true);
    await realm.clock.advance(1_000);
    expect(await unseen()).toBeUndefined();
    await realm.stop(kernel);
  }
});

const PATIENT = `
import { definePlugin, s } from 'realm-runner/plugin';
export default definePlugin({
  name: 'patient',
  summary: 'Waits until it is told to end.',
  setup(realm) {
    for (const effect of ['read', 'write'])
      realm.action({
        name: 'patient.' + effect,
        summary: 'Waits.',
        input: s.object({}),
        effect,
        run: (_input, { signal }) => {
          process.emit('patient');
          return signal.aborted ? 'at once' : new Promise((end) => signal.addEventListener('abort', () => end('told'), { once: true }));
        },
      });
  },
});
`;

test.each(['patient.read', 'patient.write'])(
  '%s ends when who asked leaves, and when its plugin set stops',
  async (name) => {
    const realm = testRealm({ 'realm.config.yaml': 'plugins: [./patient.ts]\n', 'patient.ts': PATIENT });
    const kernel = await realm.open();
    await kernel.start();
    const door = realm.door(kernel);
    const asker = new AbortController();
    const begun = vi.fn<() => void>();
    const events: EventEmitter = process;
    events.on('patient', begun);
    onTestFinished(() => void events.off('patient', begun));
    const asked = door.invoke(name, {}, 'user:ann', asker.signal);
    const other = door.invoke(name, {}, 'user:bob', new AbortController().signal);
    const alone = door.invoke(name, {}, 'user:joe');
    await vi.waitFor(() => expect(begun).toHaveBeenCalledTimes(3), 60_000);
    asker.abort();
    expect(await asked).toBe('told');
    realm.write('realm.config.yaml', 'plugins: [./patient.ts, file]\n');
    expect(await kernel.reload()).toEqual({ ok: true, changed: true });
    expect(await Promise.all([other, alone])).toEqual(['told', 'told']);
    await realm.stop(kernel);
  },
);

test('while the disk is full, status says what was seen last, not what was stored last', async () => {
  const config = 'plugins: [file]\nfiles:\n  motd: { path: motd.txt, text: hi }\n';
  const realm = testRealm({ 'realm.config.yaml': config });
  const kernel = await realm.open();
  await kernel.start();
  await realm.clock.advance(1_000);
  const door = realm.door(kernel);
  const ready = async () => (await door.status('file/motd')).resources[0]?.ready;
  expect(await ready()).toBe(true);
  kernel.store.allowPages(1);
  const fill = (): never => {
    for (let n = 0; ; n += 1)
      kernel.store.transaction(() => kernel.store.rows.set('test', `fill/${n}`, 'x'.repeat(20_000)));
  };
  expect(fill).toThrow(expect.objectContaining({ code: 'STORE_FULL' }) as Error);
  rmSync(join(realm.root, 'motd.txt'));
  mkdirSync(join(realm.root, 'motd.txt'));
  kernel.wake('file/motd');
  await realm.clock.advance(1_000);
  expect((await door.status()).store).toBe('full');
  expect(await ready()).not.toBe(true);
  kernel.store.allowPages(100_000);
  await realm.clock.advance(10_000);
  await realm.stop(kernel);
});
