// `realm resolve`: the URL of a service, and why that one.
import { type Action, type ResolvedService, s } from 'realm-runner/plugin';
import { resolveService } from './resolve.ts';
import { hostsOf, type Selves } from './selves.ts';

interface Input {
  readonly service: string;
  readonly host?: string | undefined;
}

export const resolveVerb = (selves: Selves): Action<Input, { readonly version: 1 } & ResolvedService> => ({
  name: 'hosts.resolve',
  summary: 'Say where a service is, and why there.',
  input: s.object({
    service: s.string({ minLength: 1 }).about('Its name under `hosts.<id>.services`.').example('ledger'),
    host: s.string({ minLength: 1 }).optional().about('At this host, whatever others offer it.'),
  }),
  effect: 'read',
  cli: { verb: 'resolve', positionals: ['service'] },
  run: async ({ service, host }, ctx) => ({
    version: 1,
    ...resolveService(service, { hosts: hostsOf(ctx), self: await selves.self(ctx), at: host }),
  }),
});
