// `realm adopt`: a process that runs already becomes a service's present life; the next restart is by its declaration.
import { type Action, type Context, RealmError, s } from 'realm-runner/plugin';
import { bootId } from '../adopted.ts';
import { observe } from '../observe.ts';
import { writeAdoption } from '../rows.ts';
import { commandOf, givenTo, processTree } from '../tree.ts';
import { serviceOf } from './restart.ts';

export const adoptVerb: Action<{ readonly pid: number; readonly as: string }> = {
  name: 'services.adopt',
  summary: 'Take a process that runs already for a declared service.',
  input: s.object({
    pid: s.integer({ minimum: 2 }),
    as: s.string().about('Name of the service; it must be declared, and not run.'),
  }),
  effect: 'write',
  cli: { verb: 'adopt', positionals: ['pid'] },
  run: async ({ pid, as }, ctx) => {
    const want = serviceOf(as, ctx);
    const { name, ref } = want;
    const facts = observe(want, ctx);
    if (facts?.is === 'running') throw refused(`${ref} runs already, as process ${facts.pid ?? 'unknown'}.`);
    const command = commandOf(pid);
    writeAdoption(name, identityOf(pid, ctx), ctx);
    ctx.wake(ref);
    const text = `${ref} is process ${pid} (${command}) from now on. Its log and how it ends are not ours to see; the next restart is by its declaration.`;
    return { version: 1, ref, pid, command, text };
  },
};

/** Throws ADOPTION_REFUSED when it is not there, is not ours to signal, or is Realm's own. */
function identityOf(pid: number, ctx: Context) {
  const found = processTree().get(pid);
  if (found === undefined) throw refused(`There is no process ${pid}.`);
  const owner = ctx
    .resources('service')
    .find(({ name }) => givenTo(pid, 'REALM_SERVICE') === name && givenTo(pid, 'REALM_ROOT') === ctx.paths.root);
  if (owner !== undefined) throw refused(`Process ${pid} is a part of ${owner.ref} already.`);
  if (pid === process.pid) throw refused(`Process ${pid} is Realm itself.`);
  try {
    process.kill(pid, 0);
  } catch {
    throw refused(`Process ${pid} belongs to another user, so it could not be stopped.`);
  }
  return { pid, startTime: found.startTime, bootId: bootId() };
}

const refused = (message: string): RealmError =>
  new RealmError('ADOPTION_REFUSED', message, { hint: '`realm ps` lists what runs' });
