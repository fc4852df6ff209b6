// How the long tests run: one file at a time, each with a share of the minutes that `npm run test:deep` was given.
import { defineConfig } from 'vitest/config';
import { alias } from './vitest.config.ts';

const report = process.env['REALM_REPORT'];

export default defineConfig({
  resolve: { alias },
  test: {
    include: ['test/deep/**/*.deep.test.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 3_600_000, // a test ends by its share of the minutes (test/deep/seed.ts), never by this
    hookTimeout: 300_000,
    retry: 0,
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
  },
});
