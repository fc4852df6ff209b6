// `realm restart`: a wish that counts once; the next start fulfils it.
import { type Action, type Context, RealmError, type Resource, s } from 'realm-runner/plugin';
import { writeAsked } from '../rows.ts';
import type { ServiceSpec } from '../spec.ts';

export const restartVerb: Action<{ readonly refs: readonly string[]; readonly why: string }> = {
  name: 'services.restart',
  summary: 'Restart services.',
  input: s.object({
    refs: s.list(s.string(), { minItems: 1 }).about('Names or refs.'),
    why: s.string().default('`realm restart`').about('The reason, shown by `realm why` and in events.'),
  }),
  effect: 'write',
  cli: { verb: 'restart', positionals: ['refs'] },
  run: async ({ refs, why }, ctx) => {
    const wanted = refs.map((typed) => serviceOf(typed, ctx)); // all of them, or none
    for (const { name, ref } of wanted) {
      writeAsked(name, { at: ctx.now(), by: 'an operator', why }, ctx);
      ctx.wake(ref);
    }
    return { version: 1, asked: wanted.map(({ ref }) => ref), text: wanted.map(toldOf).join('\n') };
  },
};

function toldOf({ ref, overrides }: Resource<ServiceSpec>): string {
  const stop = overrides.find(({ effect }) => effect === 'stop');
  return stop === undefined
    ? `${ref}: is restarted; \`realm ps\` shows how it goes.`
    : `${ref}: stays stopped (${stop.actor}: ${stop.why}); \`realm start ${ref}\` starts it.`;
}

/** By name or ref. Throws REF_UNKNOWN. */
export function serviceOf(typed: string, ctx: Pick<Context, 'resources'>): Resource<ServiceSpec> {
  const all = ctx.resources<ServiceSpec>('service');
  const found = all.find(({ name, ref }) => typed === name || typed === ref);
  if (found !== undefined) return found;
  throw new RealmError('REF_UNKNOWN', `There is no service ${typed}.`, {
    hint: all.length === 0 ? 'none is declared' : '`realm ps` lists them',
  });
}
