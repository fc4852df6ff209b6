// `realm alerts`: what stands open and how the targets do; `realm alerts test`: one message to each target, at once.
import { type Action, type Context, RealmError, type Resource, s } from 'realm-runner/plugin';
import { bodyOf } from './message.ts';
import { progressOf, waitingOf } from './outbox.ts';
import { send } from './send.ts';
import type { AlertSpec, Target } from './spec.ts';
import { standingNow } from './standing.ts';
import { keyOf, nameOf } from './target.ts';

const iso = (ms: number): string => new Date(ms).toISOString();

export const listVerb: Action<object> = {
  name: 'alerts.list',
  summary: 'List what stands open, and whether it could be told.',
  input: s.object({}),
  effect: 'read',
  cli: { verb: 'alerts' },
  run: async (_input, ctx) => ({
    version: 1,
    open: standingNow(ctx).map(({ subject, state, severity, since, message }) => ({
      severity,
      subject,
      state,
      sinceAt: iso(since),
      message: message.split('\n')[0],
    })),
    targets: ctx
      .resources<AlertSpec>('alert')
      .flatMap((alert) => alert.spec.to.map((target) => rowOf(alert, target, ctx))),
  }),
};

function rowOf({ name }: Resource<AlertSpec>, target: Target, ctx: Context) {
  const key = keyOf(target);
  const { lastSentAt, tries, why } = progressOf(name, key, ctx);
  return {
    alert: name,
    to: nameOf(target),
    waiting: waitingOf(name, ctx).filter(({ left }) => left.includes(key)).length,
    sentAt: lastSentAt === null ? null : iso(lastSentAt),
    failed: tries,
    why: why === '' ? null : why,
  };
}

export const testVerb: Action<{ readonly name?: string }> = {
  name: 'alerts.test',
  summary: 'Send a message to each target of an alert, or of all of them, and say which got it.',
  input: s.object({ name: s.string().optional().about('Name of one alert.') }),
  effect: 'write',
  cli: { verb: 'alerts test', positionals: ['name'] },
  run: async ({ name }, ctx) => {
    const alerts = ctx.resources<AlertSpec>('alert').filter((one) => name === undefined || one.name === name);
    if (name !== undefined && alerts.length === 0) throw unknownAlert(name, ctx);
    const results = await Promise.all(
      alerts.flatMap((alert) => alert.spec.to.map((target) => tryTarget(alert, target, ctx))),
    );
    const failed = results.filter(({ why }) => why !== null);
    if (failed.length === 0) return { version: 1, results };
    const list = failed.map(({ alert, to, why }) => `${alert}, ${to}: ${why}`).join('; ');
    throw new RealmError('ALERT_UNDELIVERED', `${failed.length} of ${results.length} targets did not get it: ${list}`, {
      hint: 'mend the target in the config, then try again',
    });
  },
};

function unknownAlert(name: string, ctx: Context): RealmError {
  const names = ctx.resources('alert').map((one) => one.name);
  return new RealmError('ALERT_UNKNOWN', `there is no alert "${name}"`, {
    hint: names.length === 0 ? 'none is declared in `alerts:`' : `declared: ${names.join(', ')}`,
  });
}

async function tryTarget(alert: Resource<AlertSpec>, target: Target, ctx: Context) {
  const now = ctx.now();
  const item = {
    id: `${ctx.realm.name}-test-${now}`,
    severity: 'info',
    subject: alert.ref,
    state: 'test',
    message: 'This is a test. Nothing is wrong.',
    hint: '',
    at: now,
    queuedAt: now,
  } as const;
  const row = { alert: alert.name, to: nameOf(target) };
  try {
    await send(alert, target, bodyOf([item], ctx), ctx);
    return { ...row, why: null };
  } catch (error) {
    return { ...row, why: error instanceof Error ? error.message : String(error) };
  }
}
