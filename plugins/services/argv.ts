// The words that are run: the command behind the tools that lower its rights, its priority and its limits.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { accountOf } from './account.ts';
import type { ServiceSpec } from './spec.ts';

/** `isRoot`: others cannot become anybody else. */
export function argvOf(spec: ServiceSpec, isRoot: boolean = process.getuid?.() === 0): readonly string[] {
  const command = typeof spec.command === 'string' ? ['/bin/sh', '-c', spec.command] : spec.command;
  return [...limits(spec), ...nice(spec), ...rights(spec, isRoot), ...command];
}

const SYSTEM_FOLDERS = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'];

/** Where Realm finds the tool: on the PATH of the service there may be another one, or none. */
export function toolPath(tool: string, path = process.env['PATH'] ?? ''): string {
  const files = [...path.split(delimiter), ...SYSTEM_FOLDERS].flatMap((one) => (one === '' ? [] : [join(one, tool)]));
  return files.find(isExecutable) ?? tool;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false; // not here
  }
}

/** util-linux; soft and hard limit alike, so that no child can lift it. */
function limits({ limits: { memory, files, processes, cpuTime } }: ServiceSpec): readonly string[] {
  const words = [
    ...(memory === undefined ? [] : [`--as=${memory}`]),
    ...(files === undefined ? [] : [`--nofile=${files}`]),
    ...(processes === undefined ? [] : [`--nproc=${processes}`]),
    ...(cpuTime === undefined ? [] : [`--cpu=${Math.max(1, Math.ceil(cpuTime / 1000))}`]),
  ];
  return words.length === 0 ? [] : [toolPath('prlimit'), ...words, '--'];
}

const nice = ({ nice: by }: ServiceSpec): readonly string[] =>
  by === undefined ? [] : [toolPath('nice'), '-n', String(by)];

function rights({ user, group }: ServiceSpec, isRoot: boolean): readonly string[] {
  if (!isRoot || (user === undefined && group === undefined)) return [];
  if (user === undefined) return [toolPath('setpriv'), `--regid=${group}`, '--clear-groups', '--'];
  const account = accountOf(user);
  const isBareNumber = account === undefined && /^\d+$/.test(user); // in no further groups then
  return [
    toolPath('setpriv'),
    `--reuid=${user}`,
    `--regid=${group ?? account?.group ?? user}`,
    isBareNumber ? '--clear-groups' : '--init-groups',
    '--',
  ];
}
