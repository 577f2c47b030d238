import { accessSync, constants, readFileSync } from 'node:fs';
import { Refused, field } from '@baton/kernel';
import { verifyFile, type Verified } from '@baton/audit';
import { verifierKey } from '@baton/platform/keys';
import { single } from './command';
import { countOf, line, printJson } from './output';

const found: Readonly<Record<Verified['kind'], (of: Verified) => string>> = {
  log: ({ events }) => `all ${countOf(events, 'event')} of the log`,
  events: ({ events, size }) => `${countOf(events, 'event')} of the first ${size}`,
  event: ({ size }) => `an event of the first ${size}`,
  consistency: ({ size }) => `the log of ${countOf(size, 'event')} continues the earlier one`,
};

const unreadable = (path: string, error: unknown, option: string) =>
  new Refused('cli/unreadable-file', `${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`, option);
const assertReadable = (path: string): void => {
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    throw unreadable(path, error, 'file');
  }
};

const readHead = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw unreadable(path, error, 'head');
  }
};

export const command = single({
  words: { file: 'an NDJSON export of the log, or a proof as JSON' },
  options: {
    key: field.text('Verifier keys, name+id+key.', {
      ...{ list: true, check: (text: string) => void verifierKey(text, '--key') },
    }),
    head: field.text('Files of heads that you kept.', { optional: true, list: true }),
  },
  example: 'log.ndjson --key baton-1f2e3d4c5b6a+0a1b2c3d+AQ…',
  run: async ([file], { key, head = [], json }) => {
    assertReadable(file!);
    const keys = key.map((text) => verifierKey(text, '--key'));
    const verified = await verifyFile(file!, { keys, heads: head.map(readHead) });
    if (json) return printJson(verified);
    line(`Verified: ${found[verified.kind](verified)}, signed for ${verified.log} at ${verified.signedAt}.`);
  },
});
