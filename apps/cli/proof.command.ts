import { Command, CommandRunner, Help, Option } from 'nest-commander';
import { Refused } from '@baton/kernel';
import { proveConsistency, proveEvent } from '@baton/audit';
import { LogHeads } from '@baton/audit/audit.module';
import { isKeyName, newSigningKey, signingKey } from '@baton/platform/keys';
import { parseWholeNumber } from './arguments';
import { count, countOf, line, print, printJson } from './output';
import { Session } from './session';

interface Options {
  size?: number;
  to?: number;
  new?: string;
  json?: boolean;
}
const LARGEST = 9_999_999_999;
/** Event ids are UUIDs; every other argument is a position. */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const sizeOf = (text: string | undefined) => parseWholeNumber(text ?? '', 'from', 0, LARGEST);
const hashLines = (title: string, hashes: readonly string[]): void => {
  line(title);
  for (const hash of hashes) line(`  ${hash}`);
};

@Command({
  name: 'proof',
  arguments: '<action> [what]',
  argsDescription: { action: 'head, sign, event, consistency, key or rotate', what: 'an event, or a number of events' },
  description: 'Sign heads of the Merkle log, and prove from them that events are in it, unchanged.',
})
export class ProofCommand extends CommandRunner {
  async run([action, what]: string[], options: Options): Promise<void> {
    if (action === 'key' && options.new !== undefined) return this.newKey(options.new, options.json);
    await Session.use(async (session) => {
      await session.catchUpIfPossible();
      await this[action as 'head' | 'sign' | 'event' | 'consistency' | 'key' | 'rotate'](session, options, what!);
    });
  }

  private async head({ app }: Session, { json }: Options): Promise<void> {
    const head = await app.get(LogHeads).newest();
    if (!head) throw new Refused('proof/no-head', 'No head has been signed yet; run baton proof sign.');
    if (json) printJson(head);
    else print(head.note);
  }

  private async sign({ app }: Session, { json }: Options): Promise<void> {
    const head = await app.get(LogHeads).sign();
    if (json) printJson(head);
    else print(head.note);
  }

  private async event({ models, log }: Session, { size, json }: Options, what: string): Promise<void> {
    const event = UUID.test(what) ? { eventId: what.toLowerCase() } : { position: what };
    const proof = await proveEvent(models, log, { ...event, ...(size !== undefined && { size }) });
    if (json) return printJson(proof);
    line(`Event ${proof.eventId} is number ${count(proof.index)} of the first ${countOf(proof.size, 'event')}.`);
    line(`Root of the events: ${proof.root}`);
    hashLines('Its proof:', proof.hashes);
    line(proof.note === null ? 'No head of this size was signed.' : `The signed head:\n${proof.note.trimEnd()}`);
  }

  private async consistency({ models }: Session, { to, json }: Options, what: string): Promise<void> {
    const proof = await proveConsistency(models, { from: sizeOf(what), ...(to !== undefined && { to }) });
    if (json) return printJson(proof);
    line(`The first ${countOf(proof.from, 'event')} are the beginning of the first ${count(proof.to)}.`);
    line(`Roots: ${proof.fromRoot} and ${proof.toRoot}`);
    hashLines('The proof:', proof.hashes);
  }

  private async key({ app }: Session, { json }: Options): Promise<void> {
    const { verifiers } = await app.get(LogHeads).keys();
    const texts = verifiers.map(({ text }) => text);
    if (json) printJson({ verifierKeys: texts });
    else for (const text of texts) line(text);
  }

  private async rotate(session: Session, options: Options): Promise<void> {
    await session.app.get(LogHeads).rotateKey();
    await this.key(session, options);
  }

  private newKey(name: string, json: boolean | undefined): void {
    const text = newSigningKey(name);
    const { text: verifier } = signingKey(text, 'the new key');
    if (json) printJson({ signingKey: text, verifierKey: verifier });
    else line(`${text}\n${verifier}`);
  }

  @Option({ flags: '--size <events>', description: 'Prove for the first so many events.' })
  size(value: string) {
    return parseWholeNumber(value, 'size', 0, LARGEST);
  }
  @Option({ flags: '--to <events>', description: 'The later size.' })
  to(value: string) {
    return parseWholeNumber(value, 'to', 0, LARGEST);
  }
  @Option({
    flags: '--new <name>',
    description: 'Print a new signing key and its verifier key for a log of this name.',
  })
  newName(value: string) {
    if (isKeyName(value)) return value;
    throw new Refused(
      'cli/bad-argument',
      '--new must be a name without blanks and plus signs, such as example.org/baton.',
      'new',
    );
  }
  @Option({ flags: '--json', description: 'Print the result as JSON.' })
  json() {
    return true;
  }
  @Help('after')
  example() {
    return '\nExample: baton proof sign';
  }
}
