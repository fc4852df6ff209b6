// How files are named, how they begin, and what they may export.
import type { Rule, SourceFile } from '../tree.ts';

const emptyNames = /^(utils?|helpers?|types|managers?|common|misc|lib)$/;
const name = /^[a-z0-9]+(-[a-z0-9]+)*$/;
/** What a plugin, a configuration or an example hands over is its one value. */
const defaults = /^(plugins\/[^/]+\/index\.ts|examples\/.*|[^/]+\.config\.ts|test\/.*(fixture|\/plugins\/).*)$/;
/** The two doors of the package. */
const barrels = ['core/plugin.ts', 'core/testing.ts'];

function* names({ path }: SourceFile): Generator<string> {
  const parts = path.replace(/(\.[a-z]+)+$/, '').split('/');
  for (const part of parts) {
    if (emptyNames.test(part)) yield `${path}:1 is called '${part}', which says nothing: name the noun it is about`;
    else if (!name.test(part)) yield `${path}:1 '${part}' is not in lower case with dashes`;
  }
}

function* firstLine({ path, lines }: SourceFile): Generator<string> {
  const first = lines[0]?.startsWith('#!') === true ? lines[1] : lines[0];
  const line = first?.replace(/^':' /, ''); // what a shell is to pass over
  if (line === undefined || !/^\/\/ \S.{12,}/.test(line)) {
    yield `${path}:1 does not begin with a comment of one sentence that says what the file is for`;
  }
}

function* exported(file: SourceFile): Generator<string> {
  for (const node of file.program.body) {
    const at = `${file.path}:${file.lineAt(node.start)}`;
    if (node.type === 'ExportDefaultDeclaration' && !defaults.test(file.path)) {
      yield `${at} exports a default; only plugins do`;
    }
    const reexports =
      node.type === 'ExportAllDeclaration' || (node.type === 'ExportNamedDeclaration' && node.source !== null);
    if (reexports && !barrels.includes(file.path)) yield `${at} exports what is another file's`;
  }
}

export const rule: Rule = {
  name: 'files',
  why: 'a name that says what is inside saves opening the file',
  *check(files) {
    for (const file of files) {
      yield* names(file);
      yield* firstLine(file);
      yield* exported(file);
    }
  },
  bad: [
    ['core/model/utils.ts', '// Some functions for the model.'],
    ['core/helpers/x.ts', '// Some functions for the model.'],
    ['core/model/specHash.ts', '// The hash of a decoded spec.'],
    ['core/model/x.ts', "import { a } from './a.ts';"],
    ['core/model/x.ts', '// short'],
    ['core/model/x.ts', '// The hash of a decoded spec.\nexport default 1;'],
    ['core/model/x.ts', "// The hash of a decoded spec.\nexport { a } from './a.ts';"],
    ['core/model/x.ts', "// The hash of a decoded spec.\nexport * from './a.ts';"],
  ],
  good: [
    ['core/model/spec-hash.ts', '// The hash of a decoded spec.\nexport const a = 1;'],
    ['bin/realm', '#!/usr/bin/env node\n// Starts the command line with the right Node.\n'],
    ['bin/realm', "#!/bin/sh\n':' // Starts the command line with the right Node.\n"],
    ['plugins/x/index.ts', '// Keeps x equal to its declaration.\nexport default 1;'],
    ['core/plugin.ts', "// What a plugin may import of ours.\nexport { a } from './a.ts';"],
  ],
};
