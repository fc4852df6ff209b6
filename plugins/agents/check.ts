// What is wrong with agents that are each well written: two in one home, a heart that cannot beat, a service that says it twice.
import type { Problem, Resource } from 'realm-runner/plugin';
import type { AgentSpec } from './spec.ts';

type Found = Omit<Problem, 'ref'>;

export function checkAgents(all: readonly Resource<AgentSpec>[]): readonly Problem[] {
  return all.flatMap(({ ref, spec }, index) => {
    const found = [...neighbours(spec, all.slice(0, index)), ...beats(spec), ...saidTwice(spec)];
    return found.map((one) => ({ ref, ...one }));
  });
}

/** Two agents in one home would be restored over each other. */
function neighbours({ home }: AgentSpec, others: readonly Resource<AgentSpec>[]): readonly Found[] {
  const other = others.find(({ spec }) => isWithin(home, spec.home) || isWithin(spec.home, home));
  if (other === undefined) return [];
  const hint = 'give each a folder of its own; a recovery puts back the whole of it';
  return [{ path: 'home', message: `${other.ref} lives there too: ${other.spec.home}`, hint }];
}

const isWithin = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);

function beats({ heartbeat, port }: AgentSpec): readonly Found[] {
  if (heartbeat === undefined) return [];
  const found: Found[] = [];
  const { file, http, token, every, deadAfter } = heartbeat;
  if (deadAfter <= every)
    found.push({
      path: 'heartbeat.deadAfter',
      message: 'it is no longer than the time between two beats',
      hint: 'several times `every`',
    });
  if (file === false && http === undefined && token !== true)
    found.push({
      path: 'heartbeat',
      message: 'there is nothing by which it could be heard',
      hint: '`file: true`, `http:` or `token: true`; without `heartbeat:` it lives while its service is ready',
    });
  if (http === undefined) return found;
  const isPath = http.startsWith('/');
  if (isPath && port === undefined)
    found.push({ path: 'heartbeat.http', message: `nobody knows on which port ${http} is`, hint: 'write its `port:`' });
  if (!isPath && !/^https?:$/.test(URL.parse(http)?.protocol ?? ''))
    found.push({
      path: 'heartbeat.http',
      message: `${http} is neither a path nor an http URL`,
      hint: '`/health`, or `http://127.0.0.1:8080/health`',
    });
  return found;
}

/** Of its service the agent itself says these: they would count for nothing there. */
const ITS_OWN: Readonly<Record<string, string>> = {
  command: 'write it at the agent',
  shell: 'write it at the agent',
  env: 'write it at the agent',
  port: 'write it at the agent',
  after: 'write it at the agent',
  host: 'write it at the agent',
  labels: 'write it at the agent',
  enabled: 'write it at the agent',
  protect: 'write it at the agent',
  was: 'write it at the agent',
  cwd: 'it runs in its `home`',
  type: 'an agent that ends is dead; what runs to an end is a service',
  replicas: 'there is one of each agent: declare another, with a home of its own',
};

const saidTwice = ({ service }: AgentSpec): readonly Found[] =>
  Object.keys(service)
    .filter((key) => Object.hasOwn(ITS_OWN, key))
    .map((key) => ({
      path: `service.${key}`,
      message: `${key} of an agent is not its service's`,
      hint: ITS_OWN[key]!,
    }));
