// Whether a resource belongs on this machine: the plugin that knows the hosts is asked, for every kind alike.
import type { HostsApi, SelfView, ThereView } from '../contract/apis.ts';
import type { Context } from '../contract/context.ts';
import type { Kind, Resource } from '../contract/kind.ts';
import { codeOf, type ErrorCode, messageOf } from '../errors.ts';

/** Why a resource is not looked at here. */
export type Away =
  | { readonly is: 'elsewhere'; readonly host: string; readonly there?: ThereView }
  | { readonly is: 'unknown'; readonly code: ErrorCode; readonly why: string; readonly hung: false };

type There = Away & { readonly is: 'elsewhere' };

const unknown = (code: ErrorCode, why: string): Away => ({ is: 'unknown', code, why, hung: false });

/** The rest is here, whoever this machine is. */
export const isPlaced = ({ host }: Resource, { hostCan }: Kind): boolean => host !== undefined || hostCan !== undefined;

/** Undefined: it is to be looked at here. On a machine that is no declared host that is only what names no host. */
export async function awayFrom(want: Resource, kind: Kind, ctx: Context): Promise<Away | undefined> {
  const needs = kind.hostCan?.(want.spec) ?? [];
  const { host } = want;
  if (host === undefined && needs.length === 0) return undefined;
  const hosts = ctx.find('hosts');
  if (hosts === undefined) {
    if (host === undefined) return undefined; // without hosts nothing says what they can
    return unknown(
      'HOST_UNPLACED',
      `it lives on ${host}, and without the plugin \`hosts\` nobody knows which host this is`,
    );
  }
  try {
    const self = await hosts.self(ctx);
    if (host !== undefined && self.among.length > 0)
      return unknown(
        'HOST_AMBIGUOUS',
        `it lives on ${host}, and which host this machine is, is not clear: ${self.why}`,
      );
    if (host !== undefined && host !== self.id)
      return { is: 'elsewhere', host, ...(await thereOf(want, host, hosts, ctx)) };
    return unable(needs, self, hosts, ctx);
  } catch (error) {
    return unknown(codeOf(error) ?? 'OBSERVE_FAILED', messageOf(error));
  }
}

/** Asked only where something here comes after it. */
async function thereOf(
  { ref, awaited }: Resource,
  host: string,
  hosts: HostsApi,
  ctx: Context,
): Promise<Pick<There, 'there'>> {
  if (awaited.length === 0) return {};
  const why = `nothing under \`hosts.${host}.services\` has its name, so nobody here knows how it is`;
  return { there: (await hosts.standing(ref, host, ctx)) ?? { isReady: null, why } };
}

function unable(needs: readonly string[], { id }: SelfView, hosts: HostsApi, ctx: Context): Away | undefined {
  const can = id === null ? undefined : hosts.find(id, ctx)?.can;
  const missing = can === undefined ? [] : needs.filter((need) => !can.includes(need));
  if (missing.length === 0) return undefined;
  const why = `it needs a host that can ${missing.join(' and ')}, and ${id}, which is this machine, can only ${can!.join(', ')}`;
  return unknown('HOST_UNABLE', why);
}
