// Named folders of hosts: in one place, contained, and never guessed.
import { posix } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pathOn } from '../../../plugins/hosts/paths.ts';
import type { Host } from '../../../plugins/hosts/spec.ts';
import { stageOf } from './stage.ts';

const yaml = `hosts:
  4090: { address: 192.0.2.1, paths: { models: /srv/models, queue: work/queue, root: / } }
`;

test.each([
  ['models', '/srv/models'],
  ['models/llama/3', '/srv/models/llama/3'],
  ['models/a/../b/', '/srv/models/b'],
  ['models//x', '/srv/models/x'],
  ['queue/one', 'work/queue/one'],
  ['root', '/'],
])('%s is %s', async (written, path) => {
  const { ctx } = await stageOf(yaml);
  expect(ctx('file').find('hosts')!.path('4090', written, ctx('file'))).toBe(path);
});

test.each([
  ['../etc', /no path that is called "\.\."/],
  ['model', /no path that is called "model"/],
  ['toString/x', /no path/],
  ['', /no path/],
  ['models/../../etc', /leads out of what 4090 calls models/],
  ['models/..', /leads out/],
  ['models/a\0b', /leads out/],
])('facilities: %j is refused: a misspelt name is no folder, and nothing leads out', async (written, message) => {
  const { ctx } = await stageOf(yaml);
  const refused = { code: 'HOST_PATH_INVALID', message: expect.stringMatching(message) };
  expect(() => ctx('file').find('hosts')!.path('4090', written, ctx('file'))).toThrow(expect.objectContaining(refused));
});

test('a path of a host that is not declared is refused', async () => {
  const { ctx } = await stageOf(yaml);
  const refused = expect.objectContaining({ code: 'HOST_UNKNOWN' });
  expect(() => ctx('file').find('hosts')!.path('2080', 'models', ctx('file'))).toThrow(refused);
});

test('whatever is written, nothing leads out', () => {
  const host = { name: 'h', spec: { paths: { m: '/srv/m' } } } as unknown as Host;
  let inside = 0;
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.constantFrom('..', '.', '', 'a', '...'), fc.string()), { maxLength: 8 }),
      (parts) => {
        try {
          const found = posix.resolve(pathOn(host, ['m', ...parts].join('/')));
          expect(found === '/srv/m' || found.startsWith('/srv/m/')).toBe(true);
          inside++;
        } catch (error) {
          expect(error).toMatchObject({ code: 'HOST_PATH_INVALID' });
        }
      },
    ),
  );
  expect(inside).toBeGreaterThan(0);
});
