// When colours are used.
import { expect, test } from 'vitest';
import { wantsColour } from '../../../../core/cli/render/colour.ts';

test.each([
  [{}, true, false, true],
  [{}, false, false, false],
  [{ NO_COLOR: '1' }, true, false, false],
  [{ NO_COLOR: '' }, true, false, true],
  [{ NO_COLOR: '1', FORCE_COLOR: '1' }, true, false, false],
  [{ FORCE_COLOR: '1' }, false, false, true],
  [{ FORCE_COLOR: '0' }, true, false, false],
  [{ FORCE_COLOR: '1' }, true, true, false],
  [{ TERM: 'dumb' }, true, false, false],
])('with %j, terminal %s, --no-color %s: %s', (env, isTTY, isForbidden, expected) => {
  expect(wantsColour(env, isTTY, isForbidden)).toBe(expected);
});
