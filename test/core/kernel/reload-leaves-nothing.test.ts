// A plugin set that was replaced is nothing but memory, and that is given back.
import { queryObjects } from 'node:v8';
import { expect, test } from 'vitest';
import { PluginSet } from '../../../core/kernel/plugin-set.ts';
import { testRealm } from './realm.ts';

const PLUGIN = `
import { definePlugin, s } from 'realm-runner/plugin';
export default definePlugin({
  name: 'attentive',
  summary: 'Hears everything.',
  settings: { section: 'attentive', schema: s.object({ set: s.integer() }) },
  setup(realm) {
    realm.on('realm.reloaded', () => {});
    realm.follow('all', ['realm.reloaded'], async () => {});
    realm.background('ticks', async (ctx) => { for await (const _ of ctx.every(1_000)); });
    realm.background('ends', async (ctx) => { ctx.processes.exits(() => {}); for await (const _ of ctx.every(1_000)); });
  },
});
`;
const config = (set: number): string => `plugins: [./attentive.ts, services, alerts]\nattentive: { set: ${set} }\n`;
const sets = (): number => queryObjects(PluginSet, { format: 'count' });

test('plugin sets that were replaced are not kept', async () => {
  const realm = testRealm({ 'realm.config.yaml': config(0), 'attentive.ts': PLUGIN });
  const kernel = await realm.open();
  await kernel.start();
  const replace = async (set: number): Promise<void> => {
    realm.write('realm.config.yaml', config(set));
    const before = kernel.set;
    expect(await kernel.reload()).toEqual({ ok: true, changed: true });
    expect(kernel.set).not.toBe(before);
    await realm.clock.advance(1_000);
  };
  for (let set = 1; set <= 2; set++) await replace(set);
  const before = sets();
  for (let set = 3; set <= 6; set++) await replace(set);
  expect(sets()).toBe(before);
  await realm.stop(kernel);
});
