// What is wrong with hosts although each is shaped right: two on one address and port, and what nobody can choose by.
import type { Problem } from 'realm-runner/plugin';
import { type Host, type OfferedService, servicesOf } from './spec.ts';

export function checkHosts(all: readonly Host[]): readonly Problem[] {
  return [...addressProblems(all), ...all.flatMap((host) => [...portProblems(host), ...roleProblems(host)])];
}

/** Some people try two hosts on one machine; that machine then has to be told which one it is. */
function addressProblems(all: readonly Host[]): readonly Problem[] {
  const firsts = new Map<string, Host>();
  return all.flatMap((host) => {
    const address = host.spec.address.toLowerCase();
    const first = firsts.get(address);
    if (first === undefined) {
      firsts.set(address, host);
      return [];
    }
    const message = `${first.name} has the address ${host.spec.address} too, so no machine can find out which of them it is`;
    const hint = 'give each its own address, or say which one a machine is with REALM_HOST';
    return [{ ref: host.ref, path: 'address', message, hint, isWarning: true }];
  });
}

/** One port may carry several APIs, at different paths and by one protocol. */
function portProblems({ ref, spec }: Host): readonly Problem[] {
  const taken = new Map<string, OfferedService>();
  const problems: Problem[] = [];
  for (const service of servicesOf(spec)) {
    const path = `services.${service.name}`;
    const place = `${service.port}${service.path}`;
    const same = taken.get(place);
    const other = [...taken.values()].find(({ port }) => port === service.port);
    if (same !== undefined)
      problems.push({
        ref,
        path,
        message: `${service.name} is at port ${service.port}${service.path}, as ${same.name} is`,
        hint: 'give one of them another port, or a `path` of its own',
      });
    else if (other !== undefined && other.protocol !== service.protocol)
      problems.push({
        ref,
        path,
        message: `port ${service.port} speaks ${service.protocol} for ${service.name}, and ${other.protocol} for ${other.name}`,
        hint: 'one port speaks one protocol',
      });
    taken.set(place, service);
  }
  return problems;
}

function roleProblems({ ref, spec }: Host): readonly Problem[] {
  if (spec.role !== undefined || Object.keys(spec.services).length === 0) return [];
  return [
    {
      ref,
      message: 'it has no `role`, so it is never preferred for a service that several hosts offer',
      hint: 'role: trainer, inference, storage, controller or hybrid',
      isWarning: true,
    },
  ];
}
