// realm reload: has the daemon read the config again now, and says whether it is valid.
import { toldError } from '../../daemon/answers.ts';
import { connectDoor } from '../../daemon/client.ts';
import { RealmError } from '../../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { placeOf } from '../place.ts';
import { writeJson } from '../render/json.ts';
import type { Call } from '../shell.ts';

export async function run({ globals, shell, out, cwd }: Call): Promise<number> {
  const { stateDir } = await placeOf(cwd, globals);
  const door = await connectDoor(stateDir, { clock: shell.clock, signal: shell.signal });
  if (door === undefined) throw new RealmError('DAEMON_ABSENT', 'nothing watches this realm', { hint: 'realm up' });
  try {
    const read = await door.reload();
    if (!read.ok) throw toldError(read);
    if (globals.json) writeJson(out, { ok: true });
    else out.write('The config was read again and is in force.\n');
    return EXIT.done;
  } finally {
    await door.close();
  }
}
