// What an agent stands for: the service that runs it, stopped by the agent itself while its home is being restored.
import type { Derived, Ref, Resource } from 'realm-runner/plugin';
import type { AgentSpec } from './spec.ts';

export const serviceOf = (name: string): Ref => `service/agent-${name}`;

/** Pure. */
export function derive({ name, ref, spec, after, host, labels }: Resource<AgentSpec>): readonly Derived[] {
  const edges = Object.fromEntries(
    after.map((edge) => [edge.ref, { until: untilOf(edge.until), onLoss: edge.onLoss }]),
  );
  const { command, shell, home, env, port, service } = spec;
  return [
    {
      ref: serviceOf(name),
      spec: {
        ...service,
        command,
        shell,
        cwd: home,
        env: { ...env, REALM_AGENT: name, REALM_HOME: home },
        ...(port === undefined ? {} : { port }),
        after: { ...edges, [ref]: { until: 'started', onLoss: 'stop' } },
        labels,
        ...(host === undefined ? {} : { host }),
      },
    },
  ];
}

/** `Ready` as it is written, `ready`; `Log /re/` as `{log: re}`. */
const untilOf = (until: string): unknown =>
  until.startsWith('Log /') ? { log: until.slice('Log /'.length, -1) } : until.toLowerCase();
