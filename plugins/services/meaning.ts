// Which written fields change what runs: those alone restart it. Another shell's environment changes nothing.
import type { Meaning } from './facts.ts';
import type { ServiceSpec } from './spec.ts';

/**
 * Flat, so that a change is told by its place (`env.MODE`). What stands at its default is left out: a later version of
 * Realm with more fields restarts nothing. `envFiles`: digests by path; what cannot be read now counts as it was.
 */
export function meaningOf(
  spec: ServiceSpec,
  envFiles: Readonly<Record<string, string | null>>,
  before: Meaning = {},
): Meaning {
  const { limits } = spec;
  const fields: Record<string, unknown> = {
    command: spec.command,
    cwd: spec.cwd,
    shell: spec.shell || undefined,
    inherit: spec.inherit.length > 0 ? spec.inherit : undefined,
    user: spec.user,
    group: spec.group,
    port: spec.port,
    nice: spec.nice,
    'log.pipe': spec.log.pipe || undefined,
  };
  for (const [key, value] of Object.entries(limits)) fields[`limits.${key}`] = value;
  for (const [name, value] of Object.entries(spec.env)) fields[`env.${name}`] = String(value);
  for (const path of spec.envFile) fields[`envFile ${path}`] = envFiles[path] ?? before[`envFile ${path}`] ?? null;
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
