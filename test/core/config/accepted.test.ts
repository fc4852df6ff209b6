// The kept text of a config reads as the files did when they were kept, whatever became of them.
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { acceptedFiles, keepAccepted } from '../../../core/config/accepted.ts';
import { readSource, type Source } from '../../../core/config/source.ts';
import { noCrash } from '../../../core/crash.ts';
import { folder } from '../store/places.ts';
import { testRealm } from './realm.ts';

const FILES = {
  'realm.config.yaml':
    'plugins: [file]\ninclude: [more.yaml, "realm.d/**/*.yaml"]\nfiles:\n  a: { path: "${env:A}", text: "${file:text}" }\nprofiles: { small: { files: { a: null } } }\n',
  'more.yaml': 'files:\n  b: { path: b, text: b }\n',
  'realm.d/deep/c.yaml': 'files:\n  c: { path: c, text: c }\n',
  'realm.d/.hidden.yaml': 'files: {}\n',
  'configs/files/d.yaml': 'path: d\ntext: d\n',
  'configs/files/_template.yaml': 'path: x\n',
  text: 'told',
};
const env = { A: 'a' };
const meaning = ({ tree, hash, files, diagnostics, dropIns, profile, variants }: Source) =>
  structuredClone({ tree, hash, files, diagnostics, dropIns, profile, variants });

test.each([undefined, 'small'])(
  'includes, globs, drop-ins and profiles: it is the same config (profile %s)',
  async (profile) => {
    const realm = testRealm(FILES);
    const file = join(realm.root, 'realm.config.yaml');
    const stateDir = folder();
    expect(acceptedFiles(stateDir)).toBeUndefined();
    const source = await readSource({ file, profile, env });
    const before = meaning(source);
    expect(source.diagnostics).toEqual([]);
    keepAccepted(stateDir, source, noCrash);
    expect(statSync(join(stateDir, 'accepted-config.json')).mode & 0o777).toBe(0o600);

    realm.write('realm.config.yaml', '{ half: ');
    realm.write('configs/files/e.yaml', 'path: e\n');
    realm.write('realm.d/f.yaml', 'files: { f: {} }\n');
    rmSync(join(realm.root, 'more.yaml'));
    const from = acceptedFiles(stateDir);
    expect(meaning(await readSource({ file, profile, env, from }))).toEqual(before);
    expect((await readSource({ file, profile, env })).diagnostics).not.toEqual([]);
  },
);

test('values of the environment and of files are looked up anew, and are not in what is kept', async () => {
  const realm = testRealm(FILES);
  const file = join(realm.root, 'realm.config.yaml');
  const stateDir = folder();
  const source = await readSource({ file, env: { A: 'from-the-environment' } });
  expect([...source.texts.values()].join()).not.toMatch(/from-the-environment|told/);
  keepAccepted(stateDir, source, noCrash);
  realm.write('text', 'otherwise');
  const again = await readSource({ file, env: { A: 'other' }, from: acceptedFiles(stateDir) });
  expect(JSON.stringify(again.tree)).toContain('"other"');
  expect(JSON.stringify(again.tree)).toContain('"otherwise"');
});

test.each(['', '{ "files"', '{}', '{ "files": [["a"]] }', '[]'])(
  'what is kept is damaged (%s): a clear error',
  (text) => {
    const stateDir = folder();
    writeFileSync(join(stateDir, 'accepted-config.json'), text);
    expect(() => acceptedFiles(stateDir)).toThrow(expect.objectContaining({ code: 'FILE_DAMAGED' }) as Error);
  },
);
