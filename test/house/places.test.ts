// Nothing committed names a place of the machine it was written on: folders, registry hosts.
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { treeFiles } from '../../tools/copy.ts';
import { root } from './tree.ts';

/** Each with what it would give away. Examples may live in the home of `me`. */
const places: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['the folder of this checkout', new RegExp(RegExp.escape(root) + '\\b')],
  [
    'an absolute folder of some machine',
    /(?<![\w.$})~-])\/(work|home|Users|root)\/(?!me\b|you\b|user\b|realm\b)[A-Za-z.]/,
  ],
  ['a package registry', /\bhttps?:\/\/[^\s/'"]*(registry|npmmirror|artifactory|nexus|verdaccio|pypi)[^\s'"]*/i],
  ['a host of a private network', /\bhttps?:\/\/[^\s/'"]+\.(internal|corp|intra)\b/i],
];
/** Larger files are data. */
const LARGEST_BYTES = 2 * 2 ** 20;

export const findPlaces = (text: string): readonly string[] =>
  text
    .split('\n')
    .flatMap((line, index) =>
      places.filter(([, pattern]) => pattern.test(line)).map(([what]) => `${index + 1} names ${what}: ${line.trim()}`),
    );

test('no file gives a place away', () => {
  const found = treeFiles(root)
    .filter((file) => statSync(join(root, file)).size < LARGEST_BYTES)
    .flatMap((file) => findPlaces(readFileSync(join(root, file), 'utf8')).map((finding) => `${file}:${finding}`));
  expect(found).toEqual([]);
});

test.each([
  [`cd ${root}/core`],
  [['', 'home', 'anna', 'realm'].join('/')],
  [['https:/', 'registry.example.org', 'ajv'].join('/')],
  [['https:/', 'packages.corp', 'x'].join('/')],
])('sees %s', (text) => {
  expect(findPlaces(text)).not.toEqual([]);
});

test.each(['/home/me/realm', 'plugins/work/index.ts', 'https://example.org', '$HOME/x', './root/file'])(
  'lets pass %s',
  (text) => {
    expect(findPlaces(text)).toEqual([]);
  },
);
