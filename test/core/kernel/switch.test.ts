// When one plugin set takes the place of another, no event falls between the two.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nextTurn } from '../../../core/clock.ts';
import { testRealm } from './realm.ts';

/** Writes down which set heard what. The first set hangs on what it hears first, and does not end when it should. */
const EARS = `
import { appendFileSync } from 'node:fs';
import { definePlugin, s } from 'realm-runner/plugin';
export default definePlugin({
  name: 'ears', summary: 'Hears.', settings: { section: 'ears', schema: s.object({ set: s.integer() }) },
  setup(realm, { set }) {
    const hear = (ear) => ({ why }, ctx) => {
      appendFileSync(ctx.paths.root + '/' + ear, set + ':' + why + ' ');
      if (set === 1 && ear === 'stuck') return new Promise(() => {});
    };
    realm.on('override.set', hear('quick'));
    realm.on('override.set', hear('stuck'));
    if (set > 1) realm.on('override.cleared', hear('young'));
    realm.tap('stopping', async (_, ctx) => appendFileSync(ctx.paths.root + '/stopping', String(set)));
    realm.background('lingers', () => new Promise(() => {}));
  },
});
`;
const config = (set: number): string =>
  `plugins: [file, ./ears.ts]\nears: { set: ${set} }\nfiles:\n  a: { path: a.txt, text: a }\n`;

test('events that wait at the switch, and those that come meanwhile, go to the new set, in order', async () => {
  const realm = testRealm({ 'ears.ts': EARS, 'realm.config.yaml': config(1) });
  const kernel = await realm.open();
  const door = realm.door(kernel);
  const tell = async (why: string): Promise<void> => {
    await door.setOverride({ ref: 'file/a', effect: 'hold', why, actor: 'user:ann' });
    await realm.clock.advance(100); // the journal commits
  };
  const heard = (ear: string): string => readFileSync(join(realm.root, ear), 'utf8');
  await kernel.start();
  for (const why of ['a', 'b', 'c']) await tell(why);
  realm.write('realm.config.yaml', config(2));
  const reloaded = kernel.reload();
  while (!existsSync(join(realm.root, 'stopping'))) await nextTurn();
  await realm.clock.advance(1_000); // the old set hears no more, and has not ended
  for (const why of ['d', 'e']) await tell(why);
  expect(heard('quick')).toBe('1:a 1:b 1:c ');
  await realm.clock.advance(10_000);
  expect(await reloaded).toMatchObject({ ok: true });
  await tell('f');
  expect(heard('quick')).toBe('1:a 1:b 1:c 2:d 2:e 2:f ');
  expect(heard('stuck')).toBe('1:a 2:b 2:c 2:d 2:e 2:f ');
  await door.clearOverride({ ref: 'file/a', effect: 'hold', why: 'z', actor: 'user:ann' });
  await realm.clock.advance(100);
  expect(heard('young')).toBe('2:z ');
  await realm.stop(kernel);
});
