// `realm graph`: what comes after what, as text or for Mermaid.
import { type Action, type Ref, type Resource, s } from 'realm-runner/plugin';
import type { ServiceSpec } from '../spec.ts';

type Service = Pick<Resource<ServiceSpec>, 'ref' | 'name' | 'after'>;
interface Arrow {
  readonly from: Ref;
  readonly to: Ref;
  readonly until: string;
  readonly onLoss: string;
}

export const graphVerb: Action<{ readonly mermaid?: boolean | undefined }> = {
  name: 'services.graph',
  summary: 'Show what comes after what.',
  input: s.object({ mermaid: s.boolean().optional().about('As a diagram for Mermaid, which many wikis draw.') }),
  effect: 'read',
  cli: { verb: 'graph' },
  run: async ({ mermaid = false }, ctx) => {
    const services = ctx.resources<ServiceSpec>('service');
    const edges = services.flatMap(({ ref, after }) =>
      after.map(({ ref: from, until, onLoss }): Arrow => ({ from, to: ref, until, onLoss })),
    );
    const refs = services.map(({ ref }) => ref);
    return { version: 1, services: refs, edges, text: mermaid ? mermaidText(refs, edges) : plainText(services) };
  },
};

const short = (ref: Ref): string => ref.replace(/^service\//, '');
const untilText = (until: string): string =>
  until.startsWith('Log ') ? `says ${until.slice(4)}` : until.toLowerCase();
const lossText = (onLoss: string): string => (onLoss === 'ignore' ? '' : `; ${onLoss}s with it`);

/** One line each, in an order in which they can start: `web  after db (ready)`. */
export function plainText(services: readonly Service[]): string {
  if (services.length === 0) return 'No service is declared.';
  const cells = Math.max(...services.map(({ name }) => name.length));
  return inOrder(services)
    .map(({ name, after }) => {
      const others = after.map(({ ref, until, onLoss }) => `${short(ref)} (${untilText(until)}${lossText(onLoss)})`);
      return others.length === 0 ? name : `${name.padEnd(cells)}  after ${others.join(', ')}`;
    })
    .join('\n');
}

/** Ids in Mermaid are plain words; the text beside them may be anything but a quotation mark. */
export function mermaidText(refs: readonly Ref[], edges: readonly Arrow[]): string {
  const all = [...new Set([...edges.map(({ from }) => from), ...refs])];
  const idOf = (ref: Ref): string => `n${all.indexOf(ref)}`;
  const label = (text: string): string => `"${text.replaceAll('"', '#quot;')}"`;
  return [
    'graph LR',
    ...all.map((ref) => `  ${idOf(ref)}[${label(short(ref))}]`),
    ...edges.map(({ from, to, until }) => `  ${idOf(from)} -->|${label(untilText(until))}| ${idOf(to)}`),
  ].join('\n');
}

/** The declaration has no cycles. */
function inOrder(services: readonly Service[]): readonly Service[] {
  const byRef = new Map(services.map((service) => [service.ref, service]));
  const found = new Set<Service>();
  const visit = (service: Service): void => {
    if (found.has(service)) return;
    for (const { ref } of service.after) {
      const before = byRef.get(ref);
      if (before !== undefined) visit(before);
    }
    found.add(service);
  };
  services.forEach(visit);
  return [...found];
}
