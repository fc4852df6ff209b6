// The kind `host`: a machine of the realm. It is only looked at; what is known of it becomes conditions.
import { type Condition, type Kind, s, type SchemaOf } from 'realm-runner/plugin';
import { checkHosts } from './check.ts';
import { type Health, type HostHealth, DOUBTFUL_MS } from './health.ts';
import type { Selves } from './selves.ts';
import { hostSpec, type HostSpec, servicesOf } from './spec.ts';

export interface HostState {
  readonly isSelf: boolean;
  /** null: it was never asked. */
  readonly health: HostHealth | null;
}

const seen: SchemaOf<HostState> = s.object({ isSelf: s.boolean(), health: s.any() }) as SchemaOf<HostState>;

export const hostKind = (health: Health, selves: Selves): Kind<HostSpec, HostState> => ({
  name: 'host',
  section: 'hosts',
  summary: 'A machine: its address, its part in the realm, and what listens there.',
  spec: hostSpec,
  state: seen,
  check: checkHosts,
  observe: async (host, ctx) => ({
    isSelf: (await selves.self(ctx)).id === host.name,
    health: health.of(host, ctx) ?? null,
  }),
  diff: () => [], // nothing is ever changed on a host
  conditions: (spec, state, now) => (state === null ? [] : conditionsOf(spec, state, now)),
  next: (_spec, state) => (state?.health ? state.health.at + DOUBTFUL_MS + 1 : undefined),
});

function conditionsOf(spec: HostSpec, { isSelf, health }: HostState, now: number): readonly Condition[] {
  const is = (type: string, status: Condition['status'], reason: string, message: string): Condition => ({
    type,
    status,
    reason,
    message,
  });
  const degraded = degradedBy(health, now);
  if (isSelf)
    return [
      is('Ready', 'True', 'ThisMachine', ''),
      is('Reachable', 'True', 'ThisMachine', 'this machine'),
      ...degraded,
    ];
  if (servicesOf(spec).length === 0)
    return [is('Reachable', 'Unknown', 'NothingToAsk', 'it declares no service that could be asked')];
  if (health === null || now - health.at > DOUBTFUL_MS) {
    const why = health === null ? 'nobody has asked it yet' : 'nobody has asked it for minutes';
    return [is('Ready', 'False', 'NotAsked', why), is('Reachable', 'Unknown', 'NotAsked', why)];
  }
  if (health.reachable)
    return [is('Ready', 'True', 'Answers', ''), is('Reachable', 'True', 'Answers', ''), ...degraded];
  const why = `${spec.address} does not answer: ${unhealthyText(health)}`;
  return [is('Ready', 'False', 'Unreachable', why), is('Reachable', 'False', 'Unreachable', why)];
}

function degradedBy(health: HostHealth | null, now: number): readonly Condition[] {
  if (
    health === null ||
    now - health.at > DOUBTFUL_MS ||
    Object.values(health.services).every(({ healthy }) => healthy)
  )
    return [];
  return [{ type: 'Degraded', status: 'True', reason: 'ServiceUnhealthy', message: unhealthyText(health) }];
}

/** `ledger, vault: HTTP 503 from /health; web: nothing listens on its port`. */
function unhealthyText({ services }: HostHealth): string {
  const ill = Object.entries(services).filter(([, { healthy }]) => !healthy);
  const byReason = Map.groupBy(ill, ([, { why }]) => why);
  return [...byReason].map(([why, all]) => `${all.map(([name]) => name).join(', ')}: ${why}`).join('; ');
}
