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
    'describe what %s must be without its value',
    (name, { requirement }) => {
      const error = refusal({ [name]: 'hunter2' });
      expect(error).toMatchObject({ code: 'config/invalid', path: name, message: `${name} must ${requirement}.` });
    },
  );

  it.each(['65536', '99999', '70000', '-1', '1e3', '0x1'])('refuse %s as a port', (port) =>
    expect(refusal({ BATON_PORT: port })).toMatchObject({ code: 'config/invalid', path: 'BATON_PORT' }),
  );
  it.each(['0', '80', '3000', '65535'])('accept %s as a port', (port) =>
    expect(readConfig({ BATON_PORT: port }).port).toBe(Number(port)),
  );

  it('require the master key with MongoDB', () => {
    const url = 'mongodb://somewhere/baton';
    expect(refusal({ BATON_MONGODB_URL: url })).toMatchObject({ code: 'config/invalid', path: 'BATON_MASTER_KEY' });
    expect(readConfig({ BATON_MONGODB_URL: url, BATON_MASTER_KEY: 'given' }).mongoUrl).toBe(url);
    expect(readConfig({}).masterKey).toBe('');
  });

  it('ignore the variables of the servers themselves', () =>
    expect(readConfig({ EVENTSTORE_URL: 'esdb://x', MONGODB_URL: 'mongodb://x' })).toMatchObject({
      eventStoreUrl: '',
      mongoUrl: '',
    }));
});
