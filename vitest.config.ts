// How the tests run: real files, real processes, no retries.
import { defineConfig } from 'vitest/config';

const report = process.env['REALM_REPORT']; // a file for the results as JSON, beside the usual output

/** A plugin in a temporary folder finds the contract here too; Node's own import hooks do not reach into Vite. */
export const alias = {
  'realm-runner/plugin': new URL('core/plugin.ts', import.meta.url).pathname,
  'realm-runner/testing': new URL('core/testing.ts', import.meta.url).pathname,
};

export default defineConfig({
  resolve: { alias },
  test: {
    include: ['test/**/*.test.ts', 'plugins/**/*.test.ts'],
    exclude: ['test/deep/**', '**/node_modules/**'],
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 30_000,
    retry: 0,
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
  },
});
