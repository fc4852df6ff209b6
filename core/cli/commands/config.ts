// realm config: the whole config as it counts, or where each of its values was written.
import { stringify } from 'yaml';
import type { LeafOrigin } from '../../config/origin.ts';
import { resolvedConfig } from '../../config/origin.ts';
import { RealmError } from '../../errors.ts';
import { loadRealm } from '../../kernel/load.ts';
import { EXIT } from '../exit-codes.ts';
import { placeOf } from '../place.ts';
import { shortPath } from '../render/frame.ts';
import { writeJson } from '../render/json.ts';
import { table } from '../render/table.ts';
import type { Call } from '../shell.ts';

interface ConfigFlags {
  readonly resolved?: boolean;
  readonly origin?: boolean;
}

export async function run({ flags, globals, cwd, shell, out }: Call<ConfigFlags>): Promise<number> {
  if (flags.resolved === true && flags.origin === true)
    throw new RealmError('USAGE', '`--resolved` and `--origin` are two different answers.', {
      hint: 'Give one of them.',
    });
  const { file, stateDir } = await placeOf(cwd, globals);
  const { source, registry } = await loadRealm({ file, stateDir, env: shell.env, profile: globals.profile });
  const { data, origins } = resolvedConfig(source, registry.catalog());
  if (flags.origin === true) {
    const titles = [{ title: 'PATH' }, { title: 'VALUE', shrinks: true }, { title: 'FROM', shrinks: false }];
    const rows = origins.map((origin) => [origin.path, JSON.stringify(origin.value), placeText(origin, shell.cwd)]);
    if (globals.json) writeJson(out, { origins });
    else out.write(table(titles, rows, out.columns, out.paint));
  } else if (globals.json) writeJson(out, { config: data });
  else out.write(stringify(data, { lineWidth: 0 }));
  return EXIT.done;
}

function placeText({ by, profile, file, line, column }: LeafOrigin, cwd: string): string {
  if (file === undefined) return by;
  const place = `${shortPath(file, cwd)}:${line}:${column}`;
  return profile === undefined ? place : `${place} (profile ${profile})`;
}
