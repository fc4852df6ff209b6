// realm service install, realm service uninstall: a systemd unit that starts the daemon of this realm at boot.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { LASTING_NODE_FLAGS } from '../../daemon/node-flags.ts';
import { configHome, startsRealm, unitText } from '../../daemon/systemd.ts';
import { messageOf, RealmError } from '../../errors.ts';
import { writeAtomic } from '../../files.ts';
import { EXIT } from '../exit-codes.ts';
import { placeOf } from '../place.ts';
import { writeJson } from '../render/json.ts';
import { say } from '../render/say.ts';
import type { Call } from '../shell.ts';

interface Flags {
  readonly system?: boolean;
  readonly user?: boolean;
  readonly print?: boolean;
}
interface Unit {
  readonly name: string;
  readonly file: string;
  readonly root: string;
  readonly ofUser: boolean;
  readonly text: string;
}

const LAUNCHER = fileURLToPath(new URL('../../../bin/realm', import.meta.url));

export async function run(call: Call<Flags>): Promise<number> {
  const unit = await unitOf(call);
  if (call.flags.print === true) {
    call.out.write(unit.text);
    return EXIT.done;
  }
  return call.verb === 'service install' ? install(unit, call) : uninstall(unit, call);
}

/** One unit for each realm, named after its folder. */
async function unitOf({ cwd, globals, flags, shell: { env } }: Call<Flags>): Promise<Unit> {
  if (flags.system === true && flags.user === true)
    throw new RealmError('USAGE', '`--system` and `--user` exclude each other.', { hint: 'Choose one.' });
  const { file: config, root, stateDir } = await placeOf(cwd, globals);
  if (/[\r\n]/.test(config + stateDir))
    throw new RealmError('USAGE', 'A unit cannot name a folder with a line break.', { hint: 'Rename the folder.' });
  const ofUser = flags.user ?? !(flags.system ?? process.getuid?.() === 0);
  const name = `realm-${basename(root).replace(/[^A-Za-z0-9_.-]+/g, '-') || 'root'}.service`;
  const folder = ofUser ? join(configHome(env), 'systemd/user') : '/etc/systemd/system';
  const profile = globals.profile === undefined ? [] : ['--profile', globals.profile];
  const words = ['--config', config, '--state', stateDir, ...profile, 'watch', '--daemon'];
  const text = unitText({
    name: basename(root),
    root,
    command: [process.execPath, ...LASTING_NODE_FLAGS, LAUNCHER, ...words],
    path: env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    user: ofUser ? undefined : ownerOf(root),
    ofUser,
  });
  return { name, file: join(folder, name), root, ofUser, text };
}

/** What root installs for somebody's realm runs as that person; names of users are system-wide, so its number will do. */
function ownerOf(root: string): string | undefined {
  const { uid } = statSync(root);
  return uid === 0 ? undefined : String(uid);
}

async function install(unit: Unit, { globals, out, shell: { env } }: Call<Flags>): Promise<number> {
  const { name, file, ofUser, text } = unit;
  requireOwn(unit);
  mkdirSync(join(file, '..'), { recursive: true });
  writeAtomic(file, text, { mode: 0o644 });
  const failed = (await systemctl(ofUser, ['daemon-reload'], env)) ?? (await systemctl(ofUser, ['enable', name], env));
  const ctl = `systemctl${ofUser ? ' --user' : ''}`;
  if (globals.json) writeJson(out, { unit: name, file, isEnabled: failed === undefined });
  else {
    say(out, `${file} is written.`);
    if (failed === undefined)
      say(out, `The realm starts at boot. \`realm down && ${ctl} start ${name}\` hands it over now.`);
    else
      say(out, `It is not enabled: ${failed} Once systemd answers: \`${ctl} daemon-reload && ${ctl} enable ${name}\`.`);
    if (ofUser && !lingers())
      say(out, `Until \`loginctl enable-linger ${userInfo().username}\`, that is at login, and it ends at logout.`);
  }
  return failed === undefined ? EXIT.done : EXIT.failed;
}

/** Throws UNIT_TAKEN. */
function requireOwn({ file, root }: Unit): void {
  const before = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  if (before === undefined || startsRealm(before, root)) return;
  throw new RealmError('UNIT_TAKEN', `${file} starts another realm.`, {
    hint: `look at it, and move it away or rename the folder ${root}`,
  });
}

/** What runs goes on, the daemon too: only its next start by itself is taken away. */
async function uninstall(unit: Unit, { globals, out, shell: { env } }: Call<Flags>): Promise<number> {
  const { name, file, ofUser } = unit;
  requireOwn(unit);
  const isThere = existsSync(file);
  if (isThere) {
    await systemctl(ofUser, ['disable', name], env); // where systemd does not answer, nothing is enabled
    rmSync(file);
    await systemctl(ofUser, ['daemon-reload'], env);
  }
  if (globals.json) writeJson(out, { unit: name, file, isRemoved: isThere });
  else
    say(
      out,
      isThere ? `${file} is removed; nothing starts this realm at boot.` : `There is no ${file}: nothing to do.`,
    );
  return EXIT.done;
}

const lingers = (): boolean => existsSync(join('/var/lib/systemd/linger', userInfo().username));

/** Why it did not work, in one sentence. */
async function systemctl(
  ofUser: boolean,
  words: readonly string[],
  env: Call['shell']['env'],
): Promise<string | undefined> {
  try {
    await promisify(execFile)('systemctl', [...(ofUser ? ['--user'] : []), ...words], { env, timeout: 20_000 });
    return undefined;
  } catch (error) {
    return messageOf(error).trim().split('\n').at(-1)!.replace(/\.?$/, '.');
  }
}
