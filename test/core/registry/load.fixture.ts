// Run by resolve.test.ts as a process of its own: module loading is Node's, and a test runner has its own.
// Reads `[{ load: names[] } | { reload: folder } | { write: [file, text] }]` as JSON and prints what each step gave.
import { writeFileSync } from 'node:fs';
import { RealmError } from '../../../core/errors.ts';
import { reloadPlugin } from '../../../core/registry/import-hooks.ts';
import { loadPlugins } from '../../../core/registry/resolve.ts';

type Step = { load: string[]; timeoutMs?: number } | { reload: string } | { write: [string, string] };
const [root = '.', steps = '[]'] = process.argv.slice(2);
const answers: unknown[] = [];
for (const step of JSON.parse(steps) as Step[]) {
  if ('write' in step) writeFileSync(...step.write);
  else if ('reload' in step) answers.push(reloadPlugin(step.reload));
  else answers.push(await load(step.load, step.timeoutMs ?? 10_000));
}
process.stdout.write(JSON.stringify(answers));

async function load(names: readonly string[], timeoutMs: number): Promise<unknown> {
  const wishes = names.map((name, index) => ({
    name,
    at: { file: 'c.yaml', line: index + 1, column: 3, path: `plugins.${index}` },
  }));
  const { plugins, diagnostics } = await loadPlugins(wishes, root, { timeoutMs });
  return {
    plugins: plugins.map(({ plugin, from, folder }) => ({
      name: plugin.name,
      summary: plugin.summary,
      from,
      folder,
      sameErrors: (plugin as { errors?: unknown }).errors === RealmError,
    })),
    diagnostics: diagnostics.map(({ code, message, hint, at }) => ({ code, message, hint, line: at.line })),
  };
}
