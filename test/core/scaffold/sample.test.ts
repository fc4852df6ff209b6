// Made-up specs fit their schema, differ where they should, and are not made up where nothing is known.
import { expect, test } from 'vitest';
import { samplesOf } from '../../../core/scaffold/sample.ts';
import { s } from '../../../core/schema/schema.ts';
import type { SchemaOf } from '../../../core/schema/schema.ts';

const cases: readonly [what: string, schema: SchemaOf<unknown>, identity: string[], samples: object | undefined][] = [
  ['nothing to write', s.object({}), [], { spec: {} }],
  [
    'identity and the rest vary apart',
    s.object({ path: s.path(), text: s.string() }),
    ['path'],
    {
      spec: { path: 'sample', text: 'sample' },
      other: { path: 'sample', text: 'sample-2' },
      moved: { path: 'sample-2', text: 'sample' },
    },
  ],
  [
    'examples first',
    s.object({ id: s.string({ pattern: '^[A-Z]$' }).example('A', 'B') }),
    [],
    { spec: { id: 'A' }, other: { id: 'B' } },
  ],
  [
    'a default may be left out, and is varied',
    s.object({ on: s.boolean().default(false) }),
    [],
    { spec: {}, other: { on: true } },
  ],
  [
    'names that have a shape',
    s.object({ m: s.map(s.boolean(), s.ref()) }),
    [],
    { spec: { m: { 'file/sample': false } }, other: { m: { 'file/sample': true } } },
  ],
  ['ranges', s.object({ d: s.durations() }), [], { spec: { d: '1s..2s' }, other: { d: '1s..3s' } }],
  ['units as written', s.object({ size: s.bytes() }), [], { spec: { size: '1MiB' }, other: { size: '2MiB' } }],
  ['numbers within limits', s.object({ n: s.integer({ minimum: 5, maximum: 5 }) }), [], { spec: { n: 5 } }],
  [
    'lengths',
    s.object({ t: s.string({ minLength: 9, maxLength: 9 }) }),
    [],
    { spec: { t: 'samplexxx' }, other: { t: 'sample-2x' } },
  ],
  [
    'nested',
    s.object({ l: s.list(s.object({ d: s.duration() })) }),
    [],
    { spec: { l: [{ d: '1s' }] }, other: { l: [{ d: '2s' }] } },
  ],
  ['a pattern without an example', s.object({ id: s.string({ pattern: '^[A-Z]{3}$' }) }), [], undefined],
];
for (const [what, schema, identity, samples] of cases) {
  test(what, () => expect(samplesOf(schema, identity)).toEqual(samples));
}
