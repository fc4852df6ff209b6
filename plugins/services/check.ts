// What is wrong with services although each is shaped right: alone, and taken together.
import type { Problem, Resource } from 'realm-runner/plugin';
import type { ProbeSpec, ServiceSpec } from './spec.ts';

type Service = Resource<ServiceSpec>;

export const checkServices = (all: readonly Service[]): readonly Problem[] => [
  ...all.flatMap(alone),
  ...samePorts(all),
];

function alone({ ref, spec }: Service): readonly Problem[] {
  const { command, shell, type, replicas, user, nice } = spec;
  const found: Problem[] = [];
  const say = (path: string, message: string, hint?: string): void =>
    void found.push({ ref, path, message, ...(hint === undefined ? {} : { hint }) });
  if (shell && typeof command !== 'string')
    say('command', 'with `shell: true` the command is one text, and this is a list', 'write it as one text');
  if (!shell && typeof command === 'string')
    say(
      'command',
      'the command is one text, and no shell reads it',
      `write ${listOf(command)}, or add \`shell: true\``,
    );
  if (typeof command === 'string' ? command.trim() === '' : command[0]!.trim() === '')
    say('command', 'the command is empty', 'name a program');
  if (type === 'once') {
    for (const key of ['live', 'watchdog', 'ready'] as const)
      if (spec[key] !== undefined) say(key, `\`type: once\` runs to its end, and \`${key}\` is for what stays`);
    if (replicas > 1) say('replicas', '`type: once` runs one time');
  }
  for (const key of ['ready', 'live'] as const)
    if (spec[key] !== undefined) probeProblems(spec[key], spec).forEach((message) => say(key, message));
  const { restart } = spec;
  if (typeof restart !== 'string' && restart.policy === 'always' && type === 'service' && restart.success.length === 0)
    say('restart.success', 'no exit code means success', 'leave it out, or name one');
  if (user !== undefined && /\s/.test(user)) say('user', `${JSON.stringify(user)} is no name of a user`);
  if (nice !== undefined && nice < 0 && process.getuid?.() !== 0)
    say('nice', `${nice} is more than others get, and only root may give that`);
  return found;
}

const listOf = (command: string): string => JSON.stringify(command.trim().split(/\s+/)).replaceAll('","', '", "');

const WAYS = ['http', 'tcp', 'port', 'exec', 'log', 'file'] as const;

function probeProblems(probe: ProbeSpec, { port }: ServiceSpec): readonly string[] {
  const ways = WAYS.filter((way) => probe[way] !== undefined && probe[way] !== false);
  if (ways.length !== 1)
    return [
      `a probe asks in one way (${WAYS.join(', ')}), and this has ${ways.length === 0 ? 'none' : ways.join(' and ')}`,
    ];
  const needsPort =
    (probe.http !== undefined && !/^https?:\/\//.test(probe.http)) || probe.tcp === true || probe.port === true;
  if (needsPort && port === undefined) return [`\`${ways[0]}\` asks the own port, and the service has no \`port\``];
  if (probe.http !== undefined && needsPort && !probe.http.startsWith('/'))
    return [`\`http\` is a path that begins with / or a whole URL, not ${probe.http}`];
  return [];
}

/** Of those on one host; two that are never both there are still refused: nobody could tell. */
function* samePorts(all: readonly Service[]): Generator<Problem> {
  const owners = new Map<string, Service>();
  for (const one of all) {
    const { ref, host, spec } = one;
    for (const port of [...(spec.port === undefined ? [] : [spec.port]), ...spec.ports]) {
      const place = `${host ?? ''}:${port}`;
      const owner = owners.get(place);
      if (owner === undefined) owners.set(place, one);
      else if (owner.ref === ref) yield { ref, path: 'ports', message: `port ${port} is named twice` };
      else {
        const path = spec.port === port ? 'port' : 'ports';
        yield { ref, path, message: `port ${port} is taken by ${owner.ref}`, hint: 'give each a port of its own' };
      }
    }
    if (spec.port !== undefined && spec.port + spec.replicas - 1 > 65_535)
      yield { ref, path: 'replicas', message: `its ports would go beyond 65535` };
  }
}
