// The answer of `decide` for a resource, with an operator's word when there is one.
import type { Resource } from 'realm-runner/plugin';
import { decide, type Decision } from './decide.ts';
import type { Facts } from './facts.ts';
import { meaningOf } from './meaning.ts';
import type { ServiceSpec } from './spec.ts';

/** `secrets`: places of those that have another text now, when that counts. */
export function judge(
  { spec, overrides }: Pick<Resource<ServiceSpec>, 'spec' | 'overrides'>,
  facts: Facts,
  now: number,
  secrets: readonly string[] = [],
): Decision {
  const meaning = meaningOf(spec, facts.envFiles, facts.life?.meaning);
  const stop = overrides.find(({ effect }) => effect === 'stop');
  return decide({ spec, meaning, facts, stop, now, secrets });
}
