import { accessSync, constants, readFileSync } from 'node:fs';
import { Command, CommandRunner, Help, Option } from 'nest-commander';
import { Refused } from '@baton/kernel';
import { verifyFile, type Verified } from '@baton/audit';
import { verifierKey, type VerifierKey } from '@baton/platform/keys';
import { countOf, line, printJson } from './output';

interface Options {
  key?: VerifierKey[];
  head?: string[];
  json?: boolean;
}
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

@Command({
  name: 'verify',
  arguments: '<file>',
  argsDescription: { file: 'an NDJSON export of the log, or a proof as JSON' },
  description: 'Verify an export or a proof offline, by keys that you were given; needs no stores.',
})
export class VerifyCommand extends CommandRunner {
  async run([file]: string[], { key = [], head = [], json }: Options): Promise<void> {
    if (key.length === 0)
      throw new Refused('cli/argument-missing', '--key is required: paste the verifier key of the log.', 'key');
    assertReadable(file!);
    const verified = await verifyFile(file!, { keys: key, heads: head });
    if (json) return printJson(verified);
    line(`Verified: ${found[verified.kind](verified)}, signed for ${verified.log} at ${verified.signedAt}.`);
  }

  @Option({ flags: '--key <key>', description: 'A verifier key, name+id+key; may be given several times.' })
  key(value: string, before: VerifierKey[] = []) {
    return [...before, verifierKey(value, '--key')];
  }
  @Option({ flags: '--head <file>', description: 'A head that you kept; may be given several times.' })
  head(path: string, before: string[] = []) {
    try {
      return [...before, readFileSync(path, 'utf8')];
    } catch (error) {
      throw unreadable(path, error, 'head');
    }
  }
  @Option({ flags: '--json', description: 'Print the result as JSON.' })
  json() {
    return true;
  }
  @Help('after')
  example() {
    return '\nExample: baton verify log.ndjson --key baton-1f2e3d4c5b6a+0a1b2c3d+AQ…';
  }
}
