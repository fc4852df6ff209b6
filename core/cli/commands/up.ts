// realm up: keeps the realm true in the background.
import { fileURLToPath } from 'node:url';
import { startDetached, stopHolder } from '../../daemon/detach.ts';
import { read } from '../../daemon/lease.ts';
import { EXIT } from '../exit-codes.ts';
import { askAtFirstStart } from '../first-start.ts';
import { placeOf } from '../place.ts';
import { writeJson } from '../render/json.ts';
import type { Call, Globals } from '../shell.ts';

const LAUNCHER = fileURLToPath(new URL('../../../bin/realm', import.meta.url));

export async function run(call: Call<{ readonly restart?: boolean }>): Promise<number> {
  const { flags, globals, shell, out } = call;
  const { clock, env, signal } = shell;
  const { file, root, stateDir } = await placeOf(call.cwd, globals);
  const before = await read(stateDir, clock);
  if (before === undefined) await askAtFirstStart(call, await call.door('look'));
  if (flags.restart === true) await stopHolder({ stateDir, clock, reason: 'realm up --restart', signal });
  const command = [
    process.execPath,
    '--max-semi-space-size=1',
    LAUNCHER,
    ...globalWords(globals, file, stateDir),
    'watch',
    '--daemon',
  ] as const;
  const { holder, isNew } = await startDetached({ stateDir, command: [...command], cwd: root, env, clock, signal });
  if (globals.json) writeJson(out, { pid: holder.pid, isNew });
  else if (isNew)
    out.write(`Process ${holder.pid} keeps the realm true. \`realm status\` shows it, \`realm down\` ends it.\n`);
  else
    out.write(
      `Process ${holder.pid} keeps it true already, since ${holder.since}. \`realm up --restart\` replaces it.\n`,
    );
  return EXIT.done;
}

/** The daemon stands elsewhere, so everything is absolute. */
const globalWords = ({ profile }: Globals, file: string, stateDir: string): string[] => [
  '--config',
  file,
  '--state',
  stateDir,
  ...(profile === undefined ? [] : ['--profile', profile]),
];
