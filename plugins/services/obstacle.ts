// What keeps a service from being started at all, found before anything is done.
import { type Listener, listenerOn } from './port.ts';
import type { ServiceSpec } from './spec.ts';
import { givenTo } from './tree.ts';

/** One clause that names it, or undefined. A stranger on its port is left alone. `root`: the folder of this realm. */
export function obstacleOf({ user, group, port, ports }: ServiceSpec, root: string): string | undefined {
  if ((user ?? group) !== undefined && process.getuid?.() !== 0)
    return `it is to run as ${user ?? `group ${group}`}, and only root can do that: Realm runs as uid ${process.getuid?.()}`;
  for (const one of [...(port === undefined ? [] : [port]), ...ports]) {
    const holder = listenerOn(one);
    if (holder === undefined) continue;
    return `port ${one} is taken by ${nameOf(holder, root)}`;
  }
  return undefined;
}

/** Another service of this realm, which may be on its way out after an edit; or a stranger. */
function nameOf({ pid, command }: Listener, root: string): string {
  if (pid === null) return 'a process of somebody else';
  const service = givenTo(pid, 'REALM_ROOT') === root ? givenTo(pid, 'REALM_SERVICE') : undefined;
  return service === undefined ? `${command} (pid ${pid})` : `service/${service} (pid ${pid})`;
}
