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
