// realm validate: every finding about the configuration, with its place; looks at nothing else.
import type { Diagnostic } from '../../errors.ts';
import { RealmError } from '../../errors.ts';
import type { Loaded } from '../../kernel/load.ts';
import { loadRealm } from '../../kernel/load.ts';
import { EXIT } from '../exit-codes.ts';
import { placeOf } from '../place.ts';
import { diagnosticsText, shortPath } from '../render/frame.ts';
import { diagnosticShape, writeJson } from '../render/json.ts';
import { plural } from '../render/text.ts';
import type { Call } from '../shell.ts';

export async function run(call: Call): Promise<number> {
  const { globals, cwd, shell, out } = call;
  const place = await placeOf(cwd, globals);
  const { loaded, diagnostics } = await findings(call, place);
  const isInvalid = diagnostics.some(({ severity }) => severity === 'error');
  if (globals.json) writeJson(out, { diagnostics: diagnostics.map(diagnosticShape) });
  else {
    out.write(diagnosticsText(diagnostics, { paint: out.paint, columns: out.columns, cwd: shell.cwd }));
    if (loaded !== undefined) out.write(validText(loaded, shortPath(place.file, shell.cwd)));
  }
  return isInvalid ? EXIT.failed : EXIT.done;
}

interface Findings {
  readonly loaded: Loaded | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

async function findings(
  { globals, shell }: Call,
  { file, stateDir }: { file: string; stateDir: string },
): Promise<Findings> {
  try {
    const loaded = await loadRealm({ file, stateDir, env: shell.env, profile: globals.profile });
    return { loaded, diagnostics: loaded.declaration.warnings };
  } catch (error) {
    if (!(error instanceof RealmError) || error.diagnostics.length === 0) throw error;
    return { loaded: undefined, diagnostics: error.diagnostics };
  }
}

function validText({ declaration }: Loaded, file: string): string {
  const more = declaration.files.length - 1;
  return `${file}${more > 0 ? ` and ${plural(more, 'more file')}` : ''}: valid, ${plural(declaration.resources.size, 'resource')}.\n`;
}
