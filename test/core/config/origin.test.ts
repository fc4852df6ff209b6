// Where each effective value was written, and the whole configuration as it counts.
import { expect, test } from 'vitest';
import { originOf, resolvedConfig } from '../../../core/config/origin.ts';
import { catalogOf } from './catalog.ts';
import { testRealm } from './realm.ts';

const files = {
  'realm.config.yaml': [
    'plugins: [services, agents, tavern-ws]',
    'include: [more.yaml]',
    'services:',
    '  web: { command: [serve, "${env:PORT}"], env: { A: "${secret:a}" } }',
    'agents: { z: { home: z, command: [a], token: hunter22 } }',
    'secrets: { a: { env: A } }',
    'profiles: { loud: { services: { web: { within: 1m } } } }',
  ].join('\n'),
  'more.yaml': 'services:\n  api:\n    command: api\n',
  'configs/services/job.yaml': 'command: [job]\n',
};

test('a value comes from the root file, an included one, a drop-in or a profile', async () => {
  const realm = testRealm(files);
  const source = await realm.source({ profile: 'loud', env: { PORT: '1' } });
  const where = (path: string): unknown[] => {
    const found = originOf(source, path);
    return [found?.by, found?.profile, found?.file?.slice(realm.root.length + 1), found?.line, found?.column];
  };
  expect(where('services.web')).toEqual(['root', undefined, 'realm.config.yaml', 4, 3]);
  expect(where('services.web.command.1')).toEqual(['root', undefined, 'realm.config.yaml', 4, 27]);
  expect(where('services.api.command')).toEqual(['include', undefined, 'more.yaml', 3, 5]);
  expect(where('services.job.command')).toEqual(['drop-in', undefined, 'configs/services/job.yaml', 1, 1]);
  expect(where('services.web.within')).toEqual(['profile', 'loud', 'realm.config.yaml', 7, 40]);
  expect(originOf(source, 'services.web.port')).toBeUndefined();
  expect(originOf(source, 'services..web')).toBeUndefined();
});

test('the resolved configuration has defaults as they would be written, and masks secrets', async () => {
  const realm = testRealm(files);
  const source = await realm.source({ env: { PORT: '8080' } });
  const { data, origins } = resolvedConfig(source, catalogOf(['services', 'agents', 'tavern-ws']));
  expect(data).toMatchObject({
    version: 1,
    plugins: ['services', 'agents', 'tavern-ws'],
    services: { web: { command: ['serve', '8080'], within: '30s', env: { A: '(secret a)' }, protect: false } },
    agents: { z: { token: '(secret config:agents.z.token)' } },
    tavern: { port: 8888, auth: 'token' },
    secrets: { a: { env: 'A' } },
    realm: { flavour: 'rpg', log: { level: 'info' } },
  });
  expect(JSON.stringify(data)).not.toContain('hunter22');
  const of = (path: string): unknown => origins.find((one) => one.path === path);
  expect(of('services.web.within')).toEqual({ path: 'services.web.within', by: 'default', value: '30s' });
  expect(of('services.web.command.1')).toMatchObject({ by: 'root', line: 4, column: 27, value: '8080' });
  expect(of('services.api.command')).toMatchObject({ by: 'include', line: 3, value: 'api' });
});

test('the resolved configuration, written down, is a configuration that means the same', async () => {
  const realm = testRealm({
    'realm.config.yaml': 'plugins: [services]\nservices: { web: { command: [a], ready: { http: / }, memory: 5GiB } }\n',
  });
  const before = await realm.valid();
  const { data } = resolvedConfig(await realm.source(), catalogOf(['services']));
  realm.write('realm.config.yaml', JSON.stringify(data));
  expect((await realm.valid()).hash).toBe(before.hash);
});
