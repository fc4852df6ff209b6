// What `realm init` writes: the smallest realm that does something, and what an editor needs to help with it.
import { basename } from 'node:path';
import { editorSettingsFile, tsconfigFile } from './editor.ts';
import type { NewFile } from './write.ts';

export interface NewRealm {
  /** The folder; the realm is called after it. */
  readonly root: string;
  /** Also `.vscode/settings.json`, which somebody else's project may not want. Default false. */
  readonly vscode?: boolean;
}

export function newRealm({ root, vscode = false }: NewRealm): readonly NewFile[] {
  return [
    { path: 'realm.config.yaml', text: configText(nameOf(root)) },
    { path: '.gitignore', text: '.realm/\nstatus/\nnode_modules/\n', existing: 'add-lines' },
    { path: 'configs/files/note.yaml', text: dropInText, existing: 'keep' },
    tsconfigFile(root),
    ...(vscode ? [editorSettingsFile(['files'])] : []),
  ];
}

/** Any folder has a name that YAML takes without quotes. */
function nameOf(root: string): string {
  const words = basename(root)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^[^a-z]+|-+$/g, '');
  return words === '' ? 'my-realm' : words;
}

const configText = (name: string): string => `# yaml-language-server: $schema=.realm/schema/realm.json
realm: { name: ${name} }
plugins: [file]

# realm plan shows what would change, realm apply does it, realm watch keeps it so.
files:
  hello:
    path: hello.txt
    text: |
      Hello from ${name}.
`;

const dropInText = `# One file, one resource: this is file/note. Files that begin with _ are ignored.
path: note.txt
text: |
  Declared in configs/files/note.yaml.
`;
