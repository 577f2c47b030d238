import { terminalLines } from './human-lines';
import { loggerOf } from './log';

const logged = (work: (logger: ReturnType<typeof loggerOf>) => void): string => {
  let text = '';
  work(loggerOf({ logLevel: 'info' }, terminalLines({ write: (line: string) => (text += line) })));
  return text;
};

describe('the log on a terminal', () => {
  it('is a line with time, level, message and fields, not JSON', () => {
    const text = logged((logger) =>
      logger.warn({ code: 'log/unavailable', stalled: 3, why: 'no answer' }, 'the log is away'),
    );
    expect(text).toMatch(
      /^\d\d:\d\d:\d\d warn {2}the log is away {2}code=log\/unavailable {2}stalled=3 {2}why="no answer"\n$/,
    );
  });

  it('hides the same fields and texts as the JSON log', () => {
    expect(logged((logger) => logger.info({ email: 'ada@example.org' }, 'for ada@example.org'))).toMatch(
      /info {2}for \[hidden\] {2}email=\[hidden\]\n$/,
    );
  });

  it('contains no control characters or line breaks', () => {
    const text = logged((logger) => logger.info({ url: '/\u001b[2J\u009b' }, 'one\ntwo'));
    expect(text).toContain(String.raw`one\ntwo`);
    // eslint-disable-next-line no-control-regex
    expect(text.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u0080-\u009f]/);
  });
});
