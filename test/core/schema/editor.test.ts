// The real yaml-language-server with our schema: completion, hover text and squiggles.
import { expect, test } from 'vitest';
import { realmSchema } from '../../../core/schema/json-schema.ts';
import { catalogOf } from '../config/catalog.ts';
import { testRealm } from '../config/realm.ts';
import { offered, openInEditor, type Opened } from './language-server.ts';

function open(text: string): Promise<Opened> {
  const schema = JSON.stringify(realmSchema(catalogOf(['file', 'services', 'tavern-ws'])));
  const { root } = testRealm({ 'schema.json': schema });
  return openInEditor(root, `# yaml-language-server: $schema=./schema.json\n${text}`);
}

test('a valid file has no squiggles, and hovering explains a key', async () => {
  const text =
    'plugins: [services]\nservices:\n  web: { command: [a], port: "${env:PORT}", within: 15m, protect: true }\n';
  const { server, uri, findings } = await open(text);
  expect(findings).toEqual([]);
  const at = { textDocument: { uri }, position: { line: 3, character: text.split('\n')[2]!.indexOf('protect') + 1 } };
  const hover = (await server.request('textDocument/hover', at)) as { contents: { value: string } };
  expect(hover.contents.value).toContain('needs an approval');
});

test('mistakes are underlined where they stand', async () => {
  const { findings } = await open(
    'fils: {}\nservices:\n  web:\n    command: [a]\n    prot: 80\nrealm: { flavour: loud }\n',
  );
  const found = findings.toSorted((a, b) => a.range.start.line - b.range.start.line);
  expect(found.map(({ range }) => range.start.line)).toEqual([1, 5, 6]);
  expect(found[1]!.message).toContain('prot');
});

test('keys and words are offered', async () => {
  const editor = await open('realm:\n  flavour: \nservices:\n  web:\n    command: [a]\n    \n');
  expect(await offered(editor, 6, 4)).toEqual(expect.arrayContaining(['port', 'ready', 'after', 'protect']));
  expect(await offered(editor, 2, 11)).toEqual(expect.arrayContaining(['rpg', 'plain']));
});

test('what a resource comes after: a list or a map is fine, words are offered and explained, mistakes underlined', async () => {
  const web = (after: string): string =>
    `services:\n  db: { command: [a] }\n  web:\n    command: [a]\n    after:\n${after}`;
  const good = await open(
    web('      service/db: completed\n      service/x: { until: { log: up }, onLoss: stop }\n      service/y: ready\n'),
  );
  expect(good.findings).toEqual([]);
  const hoverAt = { textDocument: { uri: good.uri }, position: { line: 5, character: 6 } };
  const hover = (await good.server.request('textDocument/hover', hoverAt)) as { contents: { value: string } };
  expect(hover.contents.value).toContain('waits for');
  expect((await open(web('      - service/db\n'))).findings).toEqual([]);
  const bad = await open(web('      db: ready\n      service/db: { onLoss: explode }\n'));
  expect(bad.findings.map(({ range }) => range.start.line)).toEqual(expect.arrayContaining([7]));
  const editor = await open(web('      service/db:\n        onLoss: \n'));
  expect(await offered(editor, 7, 16)).toEqual(expect.arrayContaining(['ignore', 'restart', 'stop']));
});
