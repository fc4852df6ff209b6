// How the tests run: real files, real processes, no retries.
import { defineConfig } from 'vitest/config';

const report = process.env['REALM_REPORT']; // a file for the results as JSON, beside the usual output

export default defineConfig({
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
