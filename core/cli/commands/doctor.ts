// realm doctor: everything Realm itself needs, checked one by one; changes nothing.
import { messageOf, RealmError } from '../../errors.ts';
import { loadRealm } from '../../kernel/load.ts';
import type { Loaded } from '../../kernel/load.ts';
import type { Finding, Patient } from '../doctor/finding.ts';
import { ok } from '../doctor/finding.ts';
import { clock, disk, node, programs } from '../doctor/machine.ts';
import { boot, config, daemon, lease, socket } from '../doctor/realm.ts';
import { folder, leftovers, store } from '../doctor/state.ts';
import { EXIT } from '../exit-codes.ts';
import type { Place } from '../place.ts';
import { placeOf } from '../place.ts';
import type { Checked } from '../render/doctor.ts';
import { doctorText } from '../render/doctor.ts';
import { writeJson } from '../render/json.ts';
import type { Call } from '../shell.ts';

type Answer = readonly Finding[] | Promise<readonly Finding[]>;

const OF_MACHINE: Readonly<Record<string, (call: Call) => Answer>> = { programs };
const OF_REALM: Readonly<Record<string, (patient: Patient) => Answer>> = {
  config,
  state: folder,
  store,
  lease,
  daemon,
  socket,
  leftovers,
  disk,
  clock,
  boot,
};

export async function run(call: Call): Promise<number> {
  const { globals, out } = call;
  const checked: Checked[] = [];
  const check = async (name: string, look: () => Answer): Promise<void> => {
    const findings = await answerOf(look);
    checked.push(...findings.map((finding) => ({ check: name, ...finding })));
  };
  await check('node', () => node());
  let place: Place | undefined;
  await check('config', async () => {
    place = await placeOf(call.cwd, globals);
    return [];
  });
  if (place !== undefined) {
    const patient = { call, place, loaded: await loadedOf(place, call) };
    for (const [name, look] of Object.entries(OF_REALM)) await check(name, () => look(patient));
  }
  for (const [name, look] of Object.entries(OF_MACHINE)) await check(name, () => look(call));
  const problems = checked.filter(({ state }) => state === 'problem').length;
  if (globals.json) writeJson(out, { findings: checked.map((one) => ({ ...one, hint: one.hint ?? null })) });
  else out.write(doctorText(checked, out));
  return problems > 0 ? EXIT.failed : EXIT.done;
}

/** A check that cannot be made is a problem too. */
async function answerOf(look: () => Answer): Promise<readonly Finding[]> {
  try {
    return await look();
  } catch (error) {
    const hint = error instanceof RealmError ? error.hint : undefined;
    return [{ ...ok(messageOf(error)), state: 'problem', ...(hint === undefined ? {} : { hint }) }];
  }
}

async function loadedOf({ file, stateDir }: Place, { globals, shell }: Call): Promise<Loaded | undefined> {
  try {
    return await loadRealm({ file, stateDir, env: shell.env, profile: globals.profile });
  } catch (error) {
    if (error instanceof RealmError && error.diagnostics.length > 0) return undefined;
    throw error;
  }
}
