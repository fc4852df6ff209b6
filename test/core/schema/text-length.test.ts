// Texts are as long here as they are for ajv, whose generated checks ask this.
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { textLength } from '../../../core/schema/text-length.ts';

const require = createRequire(import.meta.url);
const { default: ajvLength } = require('ajv/dist/runtime/ucs2length') as { default: (text: string) => number };
const unit = fc.constantFrom('a', '\u00e9', '\ud83d', '\ude00', '\ud83d\ude00', '\uffff');

test('any text, whole pairs and halves, is as long as ajv says', () => {
  fc.assert(
    fc.property(
      fc.array(unit).map((units) => units.join('')),
      (text) => {
        expect(textLength(text)).toBe(ajvLength(text));
      },
    ),
    { numRuns: 2_000 },
  );
  expect(textLength('\ud83d\ude00a\ude00')).toBe(3);
});
