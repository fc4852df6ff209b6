// `realm recover`: a person wants an agent brought back now; it stays until that has ended.
import { type Action, type Context, RealmError, s } from 'realm-runner/plugin';
import { isNotOurs, writeAsked } from '../observe.ts';
import { type Agent, agentNamed, type Pulse } from '../pulse.ts';
import { isGoing, nextId, numberOf, readRecovery, type Recovery } from '../recovery/row.ts';
import { avoided } from '../recovery/steps.ts';
import { heldBy, saidOf, spokenOf, wordOf } from '../word.ts';
import { ago } from '../words.ts';

interface Input {
  readonly agent: string;
  readonly from?: readonly string[] | undefined;
  readonly dryRun?: boolean | undefined;
  readonly detach?: boolean | undefined;
  readonly why: string;
}

const LOOK_MS = 100;
/** Reasons of Stalled for which a recovery waits, and nobody here knows how long. */
const WAITS = /^(Review|ApprovalNeeded|ObserveOnly|StoreFull)$/;

export const recoverVerb = (pulse: Pulse): Action<Input> => ({
  name: 'agents.recover',
  summary: 'Bring an agent back from backup: stop it, restore its home, start it, and hear it.',
  input: s.object({
    agent: s.string({ minLength: 1 }).about('Its name.'),
    from: s.list(s.string()).optional().about('Only from these backups. Default: as it is declared.'),
    dryRun: s.boolean().optional().about('Say which file would come from which snapshot, and do nothing.'),
    detach: s.boolean().optional().about('Begin it and leave.'),
    why: s.string({ minLength: 1 }).default('`realm recover`').about('The reason, shown in events.'),
  }),
  effect: 'write',
  cli: { verb: 'recover', positionals: ['agent'] },
  async run({ agent: typed, from, dryRun, detach, why }, ctx) {
    const agent = agentNamed(typed, ctx);
    if (dryRun === true) return foretold(agent, from, ctx);
    return recover(agent, { from: from ?? null, why, detach: detach === true }, pulse, ctx);
  },
});

/** The plan comes from a run of its own: looking into all targets takes its time. */
async function foretold({ name, spec }: Agent, from: Input['from'], ctx: Context): Promise<object> {
  const policies = from ?? spec.from;
  const avoid = avoided(name, { tries: [], earlier: 0, by: ctx.actor }, ctx);
  const key = `agent/${name} plan ${ctx.now()} ${ctx.random()}#`;
  const input = { folder: spec.home, dryRun: true, avoid, keep: spec.keep };
  const wish = { action: 'backup.recover', key, input: policies === undefined ? input : { ...input, from: policies } };
  if (ctx.find('backup') === undefined) throw noBackup();
  await ctx.start({ ...wish, trigger: 'manual' });
  for (;;) {
    const run = ctx.runs(key, 1)[0];
    if (run?.state === 'succeeded') return run.output as object;
    if (run !== undefined && run.endedAt !== null)
      throw new RealmError('AGENT_NOT_RECOVERED', `it cannot be said what would come back: ${run.reason}`);
    await ctx.sleep(LOOK_MS);
  }
}

const noBackup = (): RealmError =>
  new RealmError('AGENT_NOT_RECOVERED', 'no plugin in use keeps backups', {
    hint: 'add `backup` to `plugins:`, and declare `backups:`',
  });

interface Wish {
  readonly from: readonly string[] | null;
  readonly why: string;
  readonly detach: boolean;
}

async function recover(agent: Agent, { from, why, detach }: Wish, pulse: Pulse, ctx: Context): Promise<object> {
  const { name, ref } = agent;
  refuseLeft(agent, ctx);
  const last = readRecovery(name, ctx);
  const isJoined = isGoing(last); // two never go on at once: this one is watched
  const id = isJoined ? last.id : nextId(last);
  if (!isJoined) writeAsked(name, { id, at: ctx.now(), by: ctx.actor, why, from }, ctx);
  ctx.wake(ref);
  if (pulse.listeningSince(ctx.now()) === null || detach)
    return {
      version: 1,
      agent: ref,
      text: detach
        ? `${ref}: begun; \`realm agents ${name}\` shows how it goes\n`
        : `${ref}: asked for; it begins with \`realm up\`\n`,
    };
  for (;;) {
    const one = readRecovery(name, ctx);
    if (one !== null && numberOf(one.id) >= numberOf(id) && one.endedAt !== null) return ended(agent, one);
    await ctx.sleep(LOOK_MS);
    refuseLeft(agentNamed(name, ctx), ctx);
  }
}

/** Throws AGENT_NOT_RECOVERED: nothing would begin, or go on. */
function refuseLeft(agent: Agent, ctx: Context): void {
  const { ref } = agent;
  const word = wordOf(agent, spokenOf(ctx));
  const left = word === null ? heldBy(agent) : saidOf(word);
  if (left !== null)
    throw new RealmError('AGENT_NOT_RECOVERED', `${ref} is left alone: ${left}`, {
      hint: `\`realm start ${ref}\` or \`realm resume ${ref}\` takes that back`,
    });
  const conditions = ctx.conditions(ref);
  const off = conditions.find((one) => one.type === 'Ready' && isNotOurs(one));
  const stalled = conditions.find((one) => one.type === 'Stalled' && one.status === 'True' && WAITS.test(one.reason));
  const wait = off ?? stalled;
  if (wait === undefined) return;
  throw new RealmError('AGENT_NOT_RECOVERED', `${ref} waits: ${wait.message || wait.reason}`, {
    hint: `\`realm why ${ref}\``,
  });
}

function ended({ ref }: Agent, one: Recovery): object {
  const snapshots = one.tries.at(-1)?.snapshots ?? [];
  if (one.phase === 'escalated')
    throw new RealmError(
      'AGENT_NOT_RECOVERED',
      `${ref} was not brought back after ${one.attempts === 1 ? '1 try' : `${one.attempts} tries`}: ${one.tries.at(-1)?.why ?? one.why}`,
      {
        hint: `all there is to know is in ${one.bundle}`,
      },
    );
  const took = ago(one.endedAt! - one.beganAt);
  const tookMs = one.endedAt! - one.beganAt;
  const { id, attempts } = one;
  const from = snapshots.length === 0 ? 'started anew' : `from ${snapshots.join(' and ')}`;
  return { version: 1, agent: ref, id, attempts, snapshots, tookMs, text: `${ref} is back, ${from}, after ${took}\n` };
}
