// The kind `alert`: how its targets do. There is nothing to change; what waits is carried out by `deliver`.
import { type Condition, type Context, type Kind, type Problem, type Resource, Secret } from 'realm-runner/plugin';
import { deadManOf } from './dead-man.ts';
import { isPaused } from './here.ts';
import { progressOf, waitingOf } from './outbox.ts';
import { type AlertSpec, alertSpec, type AlertState, alertState } from './spec.ts';
import { keyOf, nameOf } from './target.ts';
import { meansSomething } from './wanted.ts';
import { isWebUrl } from './webhook.ts';

export const alert: Kind<AlertSpec, AlertState> = {
  name: 'alert',
  section: 'alerts',
  summary: 'Tells a person when it matters.',
  spec: alertSpec,
  state: alertState,
  overrides: ['pause'],
  check: (all) => all.flatMap(problemsOf),
  observe: async (want, ctx) => stateOf(want, ctx),
  diff: () => [],
  conditions: (_spec, state, _now, want) => [
    ...(isPaused(want) ? [PAUSED] : []),
    ...(state === null ? [] : conditionsOf(state)),
  ],
};

const PAUSED: Condition = {
  type: 'Ready',
  status: 'False',
  reason: 'Paused',
  message: 'what comes is kept until it is resumed',
};

export function stateOf({ name, spec }: Resource<AlertSpec>, ctx: Pick<Context, 'rows'>): AlertState {
  const failing = spec.to.flatMap((target) => {
    const { tries, why, retryAt } = progressOf(name, keyOf(target), ctx);
    return tries === 0 ? [] : [{ to: nameOf(target), why, tries, retryAt }];
  });
  const deadMan = deadManOf(name, ctx);
  const state = { waiting: waitingOf(name, ctx).length, failing };
  return spec.deadMan === undefined || deadMan === undefined ? state : { ...state, deadMan };
}

function conditionsOf({ failing, deadMan }: AlertState): Condition[] {
  const whys = failing.map(({ to, why, tries }) => `${to}: ${why} (${tries === 1 ? '1 try' : `${tries} tries`})`);
  if (deadMan !== undefined) whys.push(`deadMan: ${deadMan}`);
  if (whys.length === 0) return [];
  return [{ type: 'Degraded', status: 'True', reason: 'NotTold', message: whys.join('; ') }];
}

function problemsOf({ ref, spec }: Resource<AlertSpec>): Problem[] {
  const words = spec.on.flatMap((word, index) =>
    meansSomething(word)
      ? []
      : [
          {
            ref,
            path: `on.${index}`,
            message: `"${word}" is no severity, and no event of Realm is called so`,
            hint: 'severities are critical, needs-you, warning and info; events are such as `service.exited`, `service.*`; what a plugin of your own has to tell comes as `warning` when its kind says Degraded or Stalled',
          },
        ],
  );
  const urls = [
    ...spec.to.map(
      (target, index) =>
        [`to.${index}.webhook`, target !== 'desktop' && 'webhook' in target ? target.webhook : undefined] as const,
    ),
    ['deadMan.url', spec.deadMan?.url] as const,
  ];
  const wrong = urls.filter(([, url]) => url !== undefined && !(url instanceof Secret) && !isWebUrl(url));
  return [
    ...words,
    ...wrong.map(([path]) => ({
      ref,
      path,
      message: 'this is no http or https URL, or has a user name in it',
      hint: 'write https://host/path, or ${secret:name}; a password goes into `headers`',
    })),
  ];
}
