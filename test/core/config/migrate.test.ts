// Older configurations lifted to the current format, with comments and formatting kept.
import { expect, test } from 'vitest';
import { migrateText } from '../../../core/config/migrate.ts';
import { RealmError } from '../../../core/errors.ts';
import { testRealm } from './realm.ts';

const OLD = `# my realm
version: 0
plugins: [file, services]

# what is written
file:
  # the greeting
  - name: hello
    path: out/hello.txt   # beside the config
    text: "hi"
    mode: 0644
  # and the note
  - name: note
    path: out/note.txt
    text: 'x'
    depends_on: [file/hello]
service:
  web:
    command: [node, "server.ts"]
`;

test('sections as lists become maps, modes are quoted, old words replaced', () => {
  const { text, changes } = migrateText(OLD);
  expect(text).toBe(`# my realm
version: 1
plugins: [ file, services ]

# what is written
files:
  # the greeting
  hello:
    path: out/hello.txt # beside the config
    text: "hi"
    mode: "0644"
  # and the note
  note:
    path: out/note.txt
    text: 'x'
    after: [ file/hello ]
services:
  web:
    command: [ node, "server.ts" ]
`);
  expect(changes).toEqual([
    'file is called files now',
    'service is called services now',
    'files is a map of names now, and no longer a list',
    'files.hello.mode is text now: "0644"',
    'files.note.depends_on is called after now',
    'version: 0 is now 1',
  ]);
});

test('the lifted file is valid, and lifting it again changes nothing', async () => {
  const { text } = migrateText(OLD);
  const realm = testRealm({ 'realm.config.yaml': text });
  expect([...(await realm.valid()).resources.keys()]).toEqual(['file/hello', 'file/note', 'service/web']);
  expect(migrateText(text)).toEqual({ text, changes: [] });
});

test('a file that needs nothing is returned to the letter', () => {
  const text = 'plugins:   [file]   # odd   spacing\nfiles: {a: {path: "b", text: c}}\n\n\n';
  expect(migrateText(text)).toEqual({ text, changes: [] });
});

test('what cannot be lifted safely is left or refused', () => {
  expect(migrateText('file: { a: 1 }\nfiles: { b: 1 }\n').changes).toEqual([]); // both words are there: nobody knows
  expect(migrateText('files: { a: { mode: 9999 } }\n').changes).toEqual([]);
  const code = (text: string): unknown => {
    try {
      return migrateText(text);
    } catch (error) {
      return error instanceof RealmError ? error.code : error;
    }
  };
  expect([code('- a\n'), code('a: [\n'), code(''), code('version: 7\n')]).toEqual([
    'CONFIG_INVALID',
    'CONFIG_INVALID',
    'CONFIG_INVALID',
    'CONFIG_VERSION',
  ]);
});
