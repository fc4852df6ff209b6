// A resource that names a host lives there and nowhere else, whatever its kind.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { kernelDoor } from './door.ts';
import { stageOf, TWO_HOSTS } from './stage.ts';

const FILES = `${TWO_HOSTS}files:
  here: { path: here, text: a, host: "4090" }
  there: { path: there, text: b, host: "3090" }
  any: { path: any, text: c }
`;
const own = (...addresses: string[]) => ({ addresses: ['127.0.0.1', ...addresses] });

test('here, elsewhere, and anywhere', async () => {
  const stage = await stageOf(FILES, own('192.0.2.10'));
  const { plan, apply } = kernelDoor(stage);
  const { changes, unseen } = await plan();
  expect(changes.map(({ ref }) => ref)).toEqual(['file/here', 'file/any']);
  expect(unseen).toEqual([{ ref: 'file/there', why: 'lives on 3090', elsewhere: true }]);
  await apply();
  const made = ['here', 'there', 'any'].map((name) => existsSync(join(stage.realm.root, name)));
  expect(made).toEqual([true, false, true]);
  expect(stage.condition('file/there', 'Ready')).toBe('Unknown Elsewhere');
});

test('a machine that is not registered touches nothing that names a host', async () => {
  const stage = await stageOf(FILES);
  const { changes, unseen } = await kernelDoor(stage).plan();
  expect(changes.map(({ ref }) => ref)).toEqual(['file/any']);
  expect(unseen.map(({ why }) => why)).toEqual(['lives on 4090', 'lives on 3090']);
});

test('a machine that could be two hosts is neither, and that is no quiet elsewhere', async () => {
  const stage = await stageOf(FILES, own('192.0.2.10', '192.0.2.20'));
  const { plan, apply } = kernelDoor(stage);
  const { unseen } = await plan();
  expect(unseen.map(({ ref, elsewhere }) => [ref, elsewhere])).toEqual([
    ['file/here', false],
    ['file/there', false],
  ]);
  expect(unseen[0]!.why).toMatch(/4090 .* and 3090/);
  expect((await apply()).steps.find(({ ref }) => ref === 'file/here')?.end).toBe('unknown');
  expect(stage.condition('file/here', 'Ready')).toBe('Unknown HOST_AMBIGUOUS');
  expect(existsSync(join(stage.realm.root, 'here'))).toBe(false);
});

test('without the plugin nobody knows which host this is, so nothing that names one is touched', async () => {
  const stage = await stageOf('files:\n  here: { path: here, text: a, host: somewhere }\n', {}, { plugins: '[file]' });
  expect((await kernelDoor(stage).plan()).unseen).toMatchObject([{ ref: 'file/here', elsewhere: false }]);
  await kernelDoor(stage).apply();
  expect(stage.condition('file/here', 'Ready')).toBe('Unknown HOST_UNPLACED');
});

test('a host that is not declared is an error of the config', async () => {
  const yaml = FILES.replace('"3090"', '"3080"');
  await expect(stageOf(yaml)).rejects.toMatchObject({
    diagnostics: [{ code: 'CONFIG_HOST_UNKNOWN', hint: 'did you mean 3090?' }],
  });
});

test('names of digits need no quotes', async () => {
  const stage = await stageOf(FILES.replaceAll(/"(\d+)"/g, '$1'), own('192.0.2.10'));
  expect((await kernelDoor(stage).plan()).changes.map(({ ref }) => ref)).toEqual(['file/here', 'file/any']);
});

const LIMITED = `hosts:
  nas: { address: 192.0.2.30, role: storage, can: [store] }
  gpu: { address: 192.0.2.40, role: trainer, can: [train, infer] }
`;

test('a host that says what it can is given nothing else: at its line, with the hosts that can', async () => {
  const yaml = `${LIMITED}services:\n  llm: { command: [llm], host: nas, hostCan: [infer] }\n`;
  await expect(stageOf(yaml, {}, { plugins: '[hosts, services]' })).rejects.toMatchObject({
    diagnostics: [
      {
        code: 'HOST_UNABLE',
        message: 'it needs a host that can infer, and nas can only store',
        hint: 'hosts that can: gpu',
        at: { line: 6 },
      },
    ],
  });
});

test('what names no host is not started on this one when it cannot', async () => {
  const yaml = `${LIMITED}services:\n  llm: { command: [llm], hostCan: [infer] }\n`;
  const plugins = { plugins: '[hosts, services]' };
  const stage = await stageOf(yaml, own('192.0.2.30'), plugins);
  const { changes, unseen } = await kernelDoor(stage).plan();
  expect(changes).toEqual([]);
  expect(unseen).toMatchObject([
    {
      ref: 'service/llm',
      elsewhere: false,
      why: expect.stringMatching(/can infer.*nas.*this machine.*can only store/),
    },
  ]);
  const able = await stageOf(yaml, own('192.0.2.40'), plugins);
  expect((await kernelDoor(able).plan()).changes).toMatchObject([{ ref: 'service/llm' }]);
});

test('what an edit moves to another host is taken away here, and the plan lists it first', async () => {
  const stage = await stageOf(FILES, own('192.0.2.10'));
  const { plan, apply } = kernelDoor(stage);
  await apply();
  const there = (): boolean => existsSync(join(stage.realm.root, 'here'));
  stage.realm.write(
    'realm.config.yaml',
    `plugins: [hosts, file]\n${FILES.replace('text: a, host: "4090"', 'text: a, host: "3090"')}`,
  );
  await stage.kernel.reload();
  expect((await plan()).changes).toMatchObject([{ ref: 'file/here', action: 'remove', because: 'Moved' }]);
  expect(there()).toBe(true);
  await apply();
  expect([there(), stage.condition('file/here', 'Ready')]).toEqual([false, 'Unknown Elsewhere']);
  expect(stage.events('resource.removed')).toMatchObject([{ data: { ref: 'file/here' } }]);
  expect((await plan()).changes).toEqual([]);
});

test('a machine that becomes another host touches nothing that it made: the network may be back in a minute', async () => {
  const stage = await stageOf(FILES, own('192.0.2.10'));
  const { plan, apply } = kernelDoor(stage);
  await apply();
  for (const machine of [own(), own('192.0.2.20'), { host: '3090' }]) {
    stage.be(machine);
    expect((await plan()).changes.filter(({ action }) => action === 'remove')).toEqual([]);
    await apply();
    expect(existsSync(join(stage.realm.root, 'here'))).toBe(true);
  }
});

test('what is protected is not taken away because it moved', async () => {
  const stage = await stageOf(FILES.replace('text: a, ', 'text: a, protect: true, '), own('192.0.2.10'));
  const { plan, apply } = kernelDoor(stage);
  await apply();
  const moved = FILES.replace('text: a, host: "4090"', 'text: a, protect: true, host: "3090"');
  stage.realm.write('realm.config.yaml', `plugins: [hosts, file]\n${moved}`);
  await stage.kernel.reload();
  expect((await plan()).changes).toMatchObject([{ ref: 'file/here', held: expect.stringContaining('protected') }]);
  expect((await apply()).steps).toContainEqual(expect.objectContaining({ ref: 'file/here', end: 'held' }));
  expect(existsSync(join(stage.realm.root, 'here'))).toBe(true);
});
