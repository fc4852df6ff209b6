// One word, one meaning: the strays of the vocabulary, each with the word that is meant.
import { codeOf } from '../tree.ts';
import type { Rule } from '../tree.ts';

interface Stray {
  readonly stray: RegExp;
  readonly say: string;
  /** Where the word keeps its own meaning. */
  readonly except?: RegExp;
}

const strays: readonly Stray[] = [
  { stray: /\b(plugin|new|old|previous|current|next)[ _-]?generations?\b/i, say: 'plugin set' },
  { stray: /\bgeneration of (the )?plugins\b/i, say: 'plugin set' },
  { stray: /\b(backup|restore)[ _-]?generations?\b/i, say: 'snapshot' },
  { stray: /\breconcile[ _-]?(run|cycle|tick|iteration)s?\b/i, say: 'pass' },
  { stray: /\b(RunContext|KindContext|PluginContext)\b/, say: 'Context' },
  { stray: /\brealm\.(task|service|loop|worker)\(/, say: 'realm.background or realm.provide' },
  { stray: /\bbackground (task|job|worker)s?\b/i, say: 'background' },
  { stray: /\bprovided? services?\b/i, say: 'API' },
  { stray: /\bworld state\b/i, say: 'state' },
  { stray: /\b(daemon|state) lock\b/i, say: 'lease' },
  { stray: /\bchange ?sets?\b/i, say: 'plan' },
  { stray: /\b(re)?enqueue[sd]?\b/i, say: 'wake', except: /^core\/(reconcile\/queue|runs\/)/ },
  { stray: /\bstatus phases?\b/i, say: 'condition' },
  { stray: /\bplugin (registry )?(manager|loader)\b/i, say: 'registry' },
];

export const rule: Rule = {
  name: 'words',
  why: 'two words for one thing, or one for two, cost every reader a search',
  *check(files) {
    for (const file of files.filter(({ path }) => /^(core|plugins|bin|bench|tools)\//.test(path))) {
      for (const [index, line] of file.lines.entries()) {
        for (const { stray, say, except } of strays) {
          const word = except?.test(file.path) === true ? null : stray.exec(line);
          if (word !== null) yield `${file.path}:${index + 1} says '${word[0]}'; the word is ${say}`;
        }
      }
      const code = codeOf(file);
      for (const match of code.matchAll(
        /\b(?:const|let|function|class|interface|type) (\w*(?:Manager|Helper|Impl|Utils?))\b/g,
      )) {
        yield `${file.path}:${file.lineAt(match.index)} '${match[1]}' names no thing`;
      }
    }
  },
  bad: [
    ['core/kernel/x.ts', '// Starts the new generation.'],
    ['core/kernel/x.ts', "const text = 'the plugin generation';"],
    ['core/kernel/x.ts', '// One reconcile run for a ref.'],
    ['core/kernel/x.ts', 'class KernelManager {}'],
    ['core/kernel/x.ts', '// A background task of the plugin.'],
  ],
  good: [
    ['core/kernel/x.ts', '// generation counts changes of the spec; observedGeneration lags behind.'],
    ['core/kernel/x.ts', '// One pass for a ref; a run is an execution.\nclass PluginSet {}'],
  ],
};
