// realm plugin test PATH: runs a plugin's own tests, or the suite that every kind must pass.
import { tryPlugin } from '../../scaffold/try-plugin.ts';
import { EXIT } from '../exit-codes.ts';
import { writeJson } from '../render/json.ts';
import type { Call } from '../shell.ts';

export async function run({ args, globals, cwd, shell, out }: Call): Promise<number> {
  const plugin = args[0]!;
  const output = globals.json ? 'pipe' : 'inherit';
  const { passed, tests, output: said } = await tryPlugin({ plugin, root: cwd, output, signal: shell.signal });
  const whose = tests === 'own' ? 'its own tests' : 'the suite for every kind';
  if (globals.json) writeJson(out, { plugin, passed, tests, output: said });
  else out.write(`${plugin} ${passed ? 'passed' : 'failed'} ${whose}.\n`);
  return passed ? EXIT.done : EXIT.failed;
}
