import { BatonError } from '@baton/kernel';
import { pino, type DestinationStream, type Logger } from 'pino';
import type { Config } from '../config';
import { terminalLines } from './human-lines';

const HIDDEN = '[hidden]';
const TEXT_LIMIT = 2_000;
const DEPTH_LIMIT = 6;
const ENTRIES_LIMIT = 50;
const FRAMES = 8;

/** Names of fields that contain personal data, keys or a caller's input, at any depth. */
const hiddenField =
  /(authorization|cookie|tokens?|secrets?|passwords?|keys?|e-?mails?|names?|phones?|notes?|address|personal|message|data|input|variables|body|headers|args|query)$/i;
const hiddenText: readonly (readonly [RegExp, string])[] = [
  [/:\/\/[^\s/@]+@/g, `://${HIDDEN}@`],
  [/\b(bearer|basic)\s+\S+/gi, `$1 ${HIDDEN}`],
  [/baton_[0-9a-f]{6,}_[\w-]+/g, HIDDEN],
  [/\beyJ[\w-]+\.[\w-]+(\.[\w-]*)?/g, HIDDEN],
  [/[^\s"'<>@:=,;()]+@[^\s"'<>@]+/g, HIDDEN],
];
/** Codes of errors whose messages are about a store or the configuration and contain no caller's input. */
const CODES_WITH_SAFE_MESSAGES = /^(log|documents|keys|config|read)\//;
const frame = /^ {4}at (?:[\w.<>$#[\] ]+ \()?(?:node:|file:|\/|[A-Za-z]:\\)[^()]*:\d+:\d+\)?$/;

/** Hides e-mail addresses, keys, tokens and credentials in a text, and cuts it to 2,000 characters. */
export const redact = (text: string): string => {
  let cleaned = text.slice(0, TEXT_LIMIT);
  for (const [pattern, replacement] of hiddenText) cleaned = cleaned.replace(pattern, replacement);
  return cleaned;
};

/** The frames of a stack, without its first lines, because they repeat the message. */
const framesOf = (stack: string, message: string): readonly string[] => {
  const start = message ? stack.indexOf(message) : -1;
  const lines = (start < 0 ? stack : stack.slice(start + message.length)).split('\n');
  return lines
    .filter((line) => frame.test(line))
    .slice(0, FRAMES)
    .map((line) => line.trim());
};

/** The fields of an error that are logged: its kind, code and frames. Its message may contain personal data. */
const errorFields = (error: Error, depth: number): Record<string, unknown> => {
  const { code, errcode, cause } = error as { code?: unknown; errcode?: unknown; cause?: unknown };
  const knownCode = typeof code === 'string' && /^[\w/.-]{1,60}$/.test(code) ? code : undefined;
  return {
    kind: error.constructor.name,
    ...(knownCode && { code: knownCode }),
    ...(typeof errcode === 'number' && { errcode }),
    ...(error instanceof BatonError && CODES_WITH_SAFE_MESSAGES.test(error.code) && { message: redact(error.message) }),
    at: framesOf(String(error.stack ?? ''), error.message),
    ...(cause instanceof Error && depth < DEPTH_LIMIT && { cause: errorFields(cause, depth + 1) }),
  };
};

const redactValue = (value: unknown, depth = 0): unknown => {
  if (typeof value === 'string') return redact(value);
  if (value instanceof Error) return errorFields(value, depth);
  if (typeof value === 'function' || typeof value === 'symbol') return HIDDEN;
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= DEPTH_LIMIT || ArrayBuffer.isView(value)) return HIDDEN;
  if (Array.isArray(value)) return value.slice(0, ENTRIES_LIMIT).map((item) => redactValue(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, ENTRIES_LIMIT)
      .map(([name, field]) => [redact(name), hiddenField.test(name) ? HIDDEN : redactValue(field, depth + 1)]),
  );
};

/** Logs go to standard error, because standard output is for answers. */
const standardError = (): DestinationStream => {
  const stream = pino.destination(2);
  return process.stderr.isTTY ? terminalLines(stream) : stream;
};

/**
 * The log of the process, by default on standard error: one JSON object per line, or readable lines on a terminal.
 * Lines contain no names, addresses, keys or tokens: fields that may contain them are hidden at any depth, texts are
 * searched, and of an error only its kind, code and frames are logged.
 */
export const loggerOf = (
  { logLevel }: Pick<Config, 'logLevel'>,
  destination: DestinationStream = standardError(),
): Logger =>
  pino(
    {
      level: logLevel,
      formatters: { log: (fields) => redactValue(fields) as Record<string, unknown> },
      hooks: {
        logMethod(given, write) {
          const [first, ...others] = given as unknown[];
          // Without a message pino would use that of the error, which must not be logged.
          if (first instanceof Error) write.apply(this, [{ err: first }, redact(String(others[0] ?? 'a fault'))]);
          else if (typeof first === 'object' && first !== null)
            write.apply(this, [first, redact(String(others[0] ?? ''))]);
          else write.apply(this, [redact([first, ...others].map(String).join(' '))]);
        },
      },
    },
    destination,
  );

/** Writes messages of the framework to the same log, under the same rules. */
export class FrameworkLog {
  constructor(private readonly logger: Logger) {}

  log(message: unknown): void {
    this.logger.trace({ framework: textOf(message) }, 'the framework reports');
  }
  warn(message: unknown): void {
    this.logger.warn({ framework: textOf(message) }, 'the framework warns');
  }
  error(message: unknown, ...others: unknown[]): void {
    // The reason why a process cannot start is reported once, by `start`.
    if (others.at(-1) === 'ExceptionHandler' || others.at(-1) === 'NestApplication') return;
    const stack = others.find((text) => typeof text === 'string' && text.includes('\n    at '));
    const err = message instanceof Error ? message : { at: framesOf(String(stack ?? message), '') };
    this.logger.error({ err }, 'the framework reports a fault');
  }
  fatal(message: unknown, ...others: unknown[]): void {
    this.error(message, ...others);
  }
}

const textOf = (message: unknown): unknown => (message instanceof Error ? message : String(message).split('\n')[0]);
