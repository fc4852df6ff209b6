// How the tests run: real files, real processes, no retries.
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const report = process.env['REALM_REPORT']; // a file for the results as JSON, beside the usual output

/** A plugin in a temporary folder finds the contract here too; Node's own import hooks do not reach into Vite. */
export const alias = {
  'realm-runner/plugin': new URL('core/plugin.ts', import.meta.url).pathname,
  'realm-runner/testing': new URL('core/testing.ts', import.meta.url).pathname,
};

/** Compiled code, for what tests start: a process that has to strip the types of the whole tree anew takes three times as long. */
process.env['NODE_COMPILE_CACHE'] ??= new URL('node_modules/.cache/realm-code', import.meta.url).pathname;

/** With REALM_SEED every test by chance meets the same cases again. */
const setupFiles = process.env['REALM_SEED'] === undefined ? [] : ['test/seeded.ts'];

export default defineConfig({
  resolve: { alias },
  test: {
    setupFiles,
    include: ['test/**/*.test.ts', 'plugins/**/*.test.ts'],
    exclude: ['test/deep/**', '**/node_modules/**'],
    pool: 'forks',
    maxWorkers: availableParallelism() + 1, // most tests wait for processes; vitest's own default leaves a core idle
    testTimeout: 90_000, // for what hangs; what is promised within a time has a deadline of its own
    hookTimeout: 90_000,
    retry: 0,
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
  },
});
