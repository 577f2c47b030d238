import type { DestinationStream } from 'pino';
import { withVisibleControls } from '../visible';

const levels: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};
/** Fields that every line has and that are not repeated after its message. */
const hiddenFields = new Set(['level', 'time', 'pid', 'hostname', 'msg']);

const shown = (value: unknown): string =>
  typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);

/**
 * Turns JSON log lines into lines for a terminal: the time in UTC, the level, the message and then the fields, such as
 * `12:04:31 warn  the log is away  code=log/unavailable`.
 */
export const terminalLines = (terminal: DestinationStream): DestinationStream => ({
  write: (text) => {
    const entry = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const { level, time, msg } = entry as { readonly level: number; readonly time: number; readonly msg?: string };
    const fields = Object.entries(entry).flatMap(([name, value]) =>
      hiddenFields.has(name) ? [] : [`${name}=${shown(value)}`],
    );
    const at = new Date(time).toISOString().slice(11, 19);
    const line = [`${at} ${(levels[level] ?? String(level)).padEnd(5)} ${msg ?? ''}`, ...fields].join('  ');
    terminal.write(`${withVisibleControls(line).replaceAll('\n', String.raw`\n`)}\n`);
  },
});
