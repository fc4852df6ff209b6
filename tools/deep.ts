// Runs the long tests for about the given minutes, from one printed seed: `npm run test:deep -- --minutes 5 [filter...]`.
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { globSync } from 'node:fs';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  options: { minutes: { type: 'string', default: '5' }, seed: { type: 'string' } },
  allowPositionals: true,
});
const minutes = Number(values.minutes);
const seed = Number(values.seed ?? process.env['REALM_SEED'] ?? randomInt(2 ** 31));
if (!(minutes > 0) || !Number.isInteger(seed)) {
  console.error(
    `--minutes takes a number above 0 and --seed a whole number, not '${values.minutes}' and '${values.seed}'`,
  );
  process.exit(64);
}

const files = globSync('test/deep/**/*.deep.test.ts').filter(
  (file) => positionals.length === 0 || positionals.some((part) => file.includes(part)),
);
const shareMs = Math.floor((minutes * 60_000) / Math.max(1, files.length));
console.log(`REALM_SEED=${seed}: ${files.length} files, ${Math.round(shareMs / 1000)} s each`);

const { status } = spawnSync('vitest', ['run', '--config', 'vitest.deep.config.ts', ...positionals], {
  stdio: 'inherit',
  env: { ...process.env, REALM_SEED: String(seed), REALM_DEEP_MS: String(shareMs) },
});
if (status !== 0) console.log(`again with the same seed: REALM_SEED=${seed} npm run test:deep`);
process.exitCode = status ?? 1;
