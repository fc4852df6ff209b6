// What a daemon must not carry in memory for its whole life: fetch, web streams, and compilers of schemas nobody asked to check.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const core = join(import.meta.dirname, '../../../core');
const script = `
  await import('${core}/daemon/listener.ts');
  const { buildApp } = await import('${core}/daemon/app.ts');
  await buildApp({});
  for (const name of ['hosts', 'services', 'alerts']) await import('${core}/../plugins/' + name + '/index.ts');
  const { createRequire } = await import('node:module');
  const libraries = Object.keys(createRequire('${core}/').cache);
  console.log(JSON.stringify([...process.moduleLoadList, ...libraries]));
`;

test('an app that nobody asked anything, and plugins that nobody uses, have loaded no fetch, no ajv and no serializer', () => {
  const loaded = JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }),
  ) as string[];
  expect(loaded.some((name) => name.endsWith('/fastify/fastify.js'))).toBe(true);
  const heavy = ['internal/deps/undici', '/ajv/dist/ajv.js', '/ajv/dist/2020.js', '/fast-json-stringify/index.js'];
  expect(heavy.filter((name) => loaded.some((one) => one.includes(name)))).toEqual([]);
});
