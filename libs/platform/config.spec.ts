import { readConfig, settings } from './config';

const refusal = (environment: Record<string, string>): unknown => {
  try {
    return readConfig(environment);
  } catch (error) {
    return error;
  }
};

describe('the settings', () => {
  it.each(settings.filter((setting) => 'pattern' in setting).map((setting) => [setting.name, setting] as const))(
    'say what %s must be, and never what it is',
    (name, { requirement }) => {
      const error = refusal({ [name]: 'hunter2' });
      expect(error).toMatchObject({ code: 'config/invalid', path: name, message: `${name} must ${requirement}.` });
    },
  );

  it.each(['65536', '99999', '70000', '-1', '1e3', '0x1'])('know that %s is no port', (port) =>
    expect(refusal({ BATON_PORT: port })).toMatchObject({ code: 'config/invalid', path: 'BATON_PORT' }),
  );
  it.each(['0', '80', '3000', '65535'])('know that %s is a port', (port) =>
    expect(readConfig({ BATON_PORT: port }).port).toBe(Number(port)),
  );

  it('require the master key with MongoDB: a file of this machine would be lost', () => {
    const url = 'mongodb://somewhere/baton';
    expect(refusal({ BATON_MONGODB_URL: url })).toMatchObject({ code: 'config/invalid', path: 'BATON_MASTER_KEY' });
    expect(readConfig({ BATON_MONGODB_URL: url, BATON_MASTER_KEY: 'given' }).mongoUrl).toBe(url);
    expect(readConfig({}).masterKey).toBe('');
  });

  it('are not those of the server of the log, whose names begin alike', () =>
    expect(readConfig({ EVENTSTORE_URL: 'esdb://x', MONGODB_URL: 'mongodb://x' })).toMatchObject({
      eventStoreUrl: '',
      mongoUrl: '',
    }));
});
