// The mask: no form of a hidden text gets through, names stay, and masking again changes nothing.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { RealmError } from '../../core/errors.ts';
import { Mask } from '../../core/mask.ts';

const maskOf = (secrets: Readonly<Record<string, string>>): Mask => {
  const mask = new Mask();
  for (const [name, text] of Object.entries(secrets)) mask.hide(name, text);
  return mask;
};

test('every form is hidden wherever it stands, and a second time changes nothing', () => {
  const secret = fc.string({ minLength: 4, maxLength: 30, unit: 'grapheme' }).filter((text) => text.trim() === text);
  const around = fc.constantFrom('', 'user:', 'a b', '\n', 'äö', 'x=');
  let explored = 0;
  fc.assert(
    fc.property(fc.uniqueArray(secret, { minLength: 1, maxLength: 4 }), around, around, (texts, before, after) => {
      const mask = maskOf(Object.fromEntries(texts.map((text, at) => [`s${at}`, text])));
      for (const text of texts) {
        fc.pre(!'(secret s0123)'.includes(text) && !`${before}${after}`.includes(text));
        const forms = [text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text)];
        for (const form of [...forms, JSON.stringify(JSON.stringify(text)).slice(3, -3)]) {
          const masked = mask.text(`${before}${form}${after}`);
          const left = masked.split(/\(secret s\d\)/);
          expect(left.some((piece) => piece.includes(text) || (form.length > 8 && piece.includes(form)))).toBe(false);
          expect(mask.text(masked)).toBe(masked);
          explored += 1;
        }
      }
    }),
    { numRuns: 300 },
  );
  console.log(`mask: ${explored} forms`);
});

test('of base64 what is certain is hidden, wherever the text begins and whatever comes after', () => {
  const core = 'hunter2-hunter2';
  const mask = maskOf({ token: core });
  for (const encoding of ['base64', 'base64url'] as const)
    for (const before of ['', 'u', 'us', 'user:'])
      for (const after of ['', '!', '!!']) {
        const text = Buffer.from(`${before}${core}${after}`).toString(encoding);
        expect(mask.text(`Basic ${text}`), text).toMatch(/^Basic .{0,8}\(secret token\).{0,6}$/);
      }
});

test('a secret that is a word of the mask itself, or of another name, makes no nonsense', () => {
  const mask = maskOf({ token: 'secret', secret: 'token' });
  expect(mask.text('secret token')).toBe('(secret token) (secret secret)');
  expect(mask.text(mask.text('secret token'))).toBe('(secret token) (secret secret)');
});

test('an older text stays hidden when the secret got another one', () => {
  const mask = maskOf({ token: 'older text' });
  mask.hide('token', 'newer text');
  expect(mask.text('older text, newer text')).toBe('(secret token), (secret token)');
});

test('in data every text is masked as JSON sees it, and no key', () => {
  const mask = maskOf({ token: 'hunter2' });
  const value = { hunter2: ['hunter2', { deep: 'x hunter2' }], at: { toJSON: () => 'hunter2' }, n: 1, none: null };
  expect(mask.value(value)).toEqual({
    hunter2: ['(secret token)', { deep: 'x (secret token)' }],
    at: '(secret token)',
    n: 1,
    none: null,
  });
  const ring: { self?: unknown } = {};
  ring.self = ring;
  expect(() => mask.value(ring)).toThrow(TypeError);
  expect(new Mask().value(ring)).toBe(ring);
});

test('an error keeps its code, and what it was caused by', () => {
  const mask = maskOf({ token: 'hunter2' });
  const cause = Object.assign(new TypeError('hunter2 is wrong'), { code: 'ENOENT' });
  const masked = mask.error(
    new RealmError('ACTION_FAILED', 'no hunter2', { hint: 'type hunter2', cause }),
  ) as RealmError;
  expect(masked).toMatchObject({ code: 'ACTION_FAILED', message: 'no (secret token)', hint: 'type (secret token)' });
  expect(masked.cause).toMatchObject({ name: 'TypeError', code: 'ENOENT', message: '(secret token) is wrong' });
  expect((masked.cause as Error).stack).not.toContain('hunter2');
  expect(mask.error('hunter2')).toBe('(secret token)');
});
