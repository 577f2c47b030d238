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
const assertReadable = (path: string, option = 'file'): void => {
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    throw unreadable(path, error, option);
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
    report: field.text('An NDJSON export of a report, to be computed again from this export of the log.', {
      optional: true,
    }),
    head: field.text('Files of heads that you kept.', { optional: true, list: true }),
  },
  example: 'log.ndjson --key baton-1f2e3d4c5b6a+0a1b2c3d+AQ…',
  run: async ([file], { key, head = [], report, json }) => {
    assertReadable(file!);
    const keys = key.map((text) => verifierKey(text, '--key'));
    if (report !== undefined) {
      assertReadable(report, 'report');
      const { verifyReport } = await import('./verify-report.js');
      const found = await verifyReport(report, file!, { keys, heads: head.map(readHead) });
      if (json) return printJson(found);
      return line(
        `Verified: ${found.report} (${countOf(found.rows, 'row')}), computed again from the first ${countOf(found.size, 'event')} of ${found.log}, signed at ${found.signedAt}.`,
      );
    }
    const verified = await verifyFile(file!, { keys, heads: head.map(readHead) });
    if (json) return printJson(verified);
    line(`Verified: ${found[verified.kind](verified)}, signed for ${verified.log} at ${verified.signedAt}.`);
  },
});
