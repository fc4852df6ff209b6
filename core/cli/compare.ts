// Whoever holds the realm answers by the config it read, with its own environment: says where this shell would read another.
import { type Difference, differences } from '../config/environment.ts';
import { toldError } from '../daemon/answers.ts';
import type { DaemonDoor } from '../daemon/client.ts';
import { RealmError } from '../errors.ts';
import type { Place } from './place.ts';
import type { DoorOptions, Need } from './shell.ts';

/**
 * Throws DAEMON_CONFIG when the command names another config or profile than is in force there, and what is wrong with an
 * edit that the holder could not take over: a plan of the older config would be no answer about the new one.
 */
export async function compare(door: DaemonDoor, place: Place, options: DoorOptions, need: Need): Promise<void> {
  const { env, profile, tell } = options;
  const { holder } = door;
  const theirs = await door.source();
  const who = `process ${holder.pid} (${holder.purpose})`;
  const refuse = (what: string): never => {
    throw new RealmError('DAEMON_CONFIG', `${who} holds this realm with ${what}`, {
      hint: 'name the same one, or replace it: `realm up --restart` with these flags',
    });
  };
  if (theirs.file !== place.file) refuse(`the config ${theirs.file}, and this command means ${place.file}`);
  if (profile !== undefined && profile !== theirs.profile)
    refuse(
      `${theirs.profile === null ? 'no profile' : `the profile ${theirs.profile}`}, and this command names ${profile}`,
    );
  const isDaemon = holder.purpose === 'daemon';
  if (isDaemon) await requireNewest(door, who, place, options, need);
  for (const one of differences(theirs.env, env, theirs.salt)) tell(sentence(one, who, isDaemon));
}

/** Who wants to act has the daemon read an edit that it may not have noticed yet; who looks must not change anything. */
async function requireNewest(
  door: DaemonDoor,
  who: string,
  { file, stateDir }: Place,
  { env, profile }: DoorOptions,
  need: Need,
): Promise<void> {
  if (need === 'act') {
    const read = await door.reload();
    if (!read.ok) throw toldError(read);
    return;
  }
  const { configError } = await door.status();
  if (configError === null) return;
  const { loadToLook } = await import('../api/load-to-look.ts');
  const { outside } = await loadToLook({ file, stateDir, env, profile }); // throws every finding with its place
  outside?.close();
  throw new RealmError('DAEMON_CONFIG', `${who} keeps an older config: ${configError}`, { hint: 'realm reload' });
}

function sentence({ name, has }: Difference, who: string, isDaemon: boolean): string {
  if (has === 'they') return `${who} has a value of ${name}, which is not set in this shell; it keeps its own`;
  const sees =
    has === 'we'
      ? `has no value of ${name}, which is set in this shell`
      : `sees another value of ${name} than this shell`;
  return `${who} ${sees}; it keeps its own${isDaemon ? ', `realm up --restart` takes this one' : ''}`;
}
