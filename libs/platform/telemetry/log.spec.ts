import { BatonError, Conflict, Refused } from '@baton/kernel';
import { FrameworkLog, loggerOf } from './log';

const NAME = 'Ada Lovelace';
const EMAIL = 'ada.lovelace+test@analytical-engines.example.org';
const KEY = `baton_${'0'.repeat(12)}_${'A'.repeat(43)}`;
const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl';
const PASSWORD = 'correct-horse';
const hostile = [NAME, EMAIL, KEY, JWT, PASSWORD];

const captured = (level = 'trace') => {
  const lines: string[] = [];
  const logger = loggerOf({ logLevel: level }, { write: (line: string) => lines.push(line) });
  return { logger, lines, text: () => lines.join('') };
};
const expectNoSecrets = (text: string) => {
  for (const value of hostile) expect(text).not.toContain(value);
};

describe('the log of the process', () => {
  it('hides personal data and keys at any depth', () => {
    const { logger, text } = captured();
    const person = { name: NAME, email: EMAIL, workPhone: '+44 20 7946 0000', note: `met ${NAME}` };
    logger.info({ lead: person, list: [[person]], request: { headers: { cookie: KEY }, variables: [NAME] } }, 'seen');
    logger.info({ a: { b: { c: { d: { e: { f: { g: NAME } } } } } } }, 'deep');
    logger.info({ [EMAIL]: 1, masterKey: PASSWORD, access_token: JWT, data: { any: NAME } }, 'keys');
    expectNoSecrets(text());
    expect(text()).toContain('[hidden]');
  });

  it('hides addresses, keys and tokens in texts and messages', () => {
    const { logger, text } = captured();
    logger.info({ url: `mongodb://root:${PASSWORD}@db/baton`, detail: `no rows for ${EMAIL}` }, `Bearer ${JWT}`);
    logger.warn(`refused ${KEY} of <${EMAIL}>`);
    logger.warn('refused %s', EMAIL);
    expectNoSecrets(text());
    expect(text()).toContain('no rows for [hidden]');
  });

  it('logs the kind, code and stack frames of an error, and not its message', () => {
    const { logger, lines, text } = captured();
    const inner = new Error(`duplicate key: { name: "${NAME}", email: "${EMAIL}" }\n    at ${NAME} (${NAME}:1:1)`);
    Object.assign(inner, { code: 'E11000', keyValue: { email: EMAIL } });
    logger.error({ err: new TypeError(`${NAME} is no function`, { cause: inner }) }, 'failed');
    logger.error(inner);
    logger.error({ err: inner });
    logger.error({ nested: { reasons: [new Refused('lead/taken', `${NAME} has that e-mail`)] } }, 'refused');
    expectNoSecrets(text());
    expect(JSON.parse(lines[0]!)).toMatchObject({
      msg: 'failed',
      err: { kind: 'TypeError', cause: { code: 'E11000' } },
    });
    expect(JSON.parse(lines[0]!).err.at[0]).toContain('log.spec.ts');
    expect(text()).toContain('lead/taken');
  });

  it('logs the message of a store’s error, which contains no personal data', () => {
    const { logger, text } = captured();
    logger.error({ err: new Conflict('log/unavailable', 'The log could not be written: disk full') }, 'a fault');
    logger.error({ err: new BatonError('keys/unavailable', `connect mongodb://u:${PASSWORD}@db failed`) }, 'a fault');
    expect(text()).toContain('disk full');
    expectNoSecrets(text());
  });

  it('accepts any value', () => {
    const { logger, lines } = captured();
    const circular: Record<string, unknown> = { ok: 1 };
    circular['itself'] = circular;
    logger.info({ circular, bytes: Buffer.from(NAME), fn: () => NAME, big: 'x'.repeat(100_000), none: null }, 'odd');
    logger.info({ many: Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`f${i}`, i])) }, 'wide');
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line.length).toBeLessThan(5_000);
    expectNoSecrets(lines.join(''));
  });

  it('applies the same rules to messages of the framework', () => {
    const { logger, lines, text } = captured('warn');
    const framework = new FrameworkLog(logger);
    framework.log('Mapped {/graphql, POST} route');
    framework.error(new Error(`${NAME} is unknown`), 'ExceptionsHandler');
    framework.error(`${NAME} is unknown`, new Error(`${NAME} again`).stack, 'ExceptionsHandler');
    framework.warn(`slow for ${EMAIL}\nand more`);
    expectNoSecrets(text());
    expect(lines).toHaveLength(3);
    expect(lines.map((line) => JSON.parse(line).level)).toEqual([50, 50, 40]);
    expect(text()).toContain('log.spec.ts');
  });

  it('logs only from its level on', () => {
    const { logger, lines } = captured('error');
    logger.info('below the level');
    logger.error('at the level');
    expect(lines).toHaveLength(1);
  });
});
