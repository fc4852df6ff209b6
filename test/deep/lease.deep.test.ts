// Two hundred kills of those who hold or want the lease, at moments drawn from a printed seed.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { killRounds } from '../core/daemon/lease-kills.ts';

test('200 holders and waiters killed: never two at once, never stuck', { timeout: 120_000 }, async () => {
  const base = mkdtempSync(join(tmpdir(), 'realm-lease-deep-'));
  const seed = Number(process.env['REALM_SEED'] ?? process.pid);
  const { got, killed } = await killRounds(join(base, 'state'), 200, seed);
  console.info(`lease: ${got} turns, ${killed} kills, seed ${seed}`);
  expect(got).toBeGreaterThan(killed);
  rmSync(base, { recursive: true });
});
