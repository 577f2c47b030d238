import { NOT_RECORDED, type AccessActor, type AccessEntry, type RecordAccess } from './access-log';

const MINUTE_MS = 60_000;
/** Different refusals that are told apart within a minute: who is refused can send what it wants, as often as it wants. */
const MOST_KINDS = 100;
export const ANONYMOUS: AccessActor = { actor: 'anonymous', origin: 'system' };

/**
 * Counts refused requests: the first of its kind is recorded at once, further ones of the same minute as one event at
 * its end, so that a flood of refusals is no flood of events. Where nothing is refused, nothing runs.
 */
export class RefusedAccess {
  private readonly counts = new Map<string, { readonly entry: AccessEntry; count: number }>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly record: RecordAccess,
    private readonly onFault: (error: unknown) => void,
  ) {}

  /**
   * Notes a refusal whose code is one of access; others are no matter of who may see what.
   * @param operation a name from the code
   * @param by who was refused; nobody known: `ANONYMOUS`
   */
  note(operation: string, code: string, { actor, origin }: AccessActor = ANONYMOUS): void {
    if (!code.startsWith('access/') || code === NOT_RECORDED) return;
    const isKnownKind = this.counts.has([operation, code, actor].join('\n')) || this.counts.size < MOST_KINDS;
    const [of, by] = isKnownKind ? [operation, { actor, origin }] : ['others', ANONYMOUS];
    const key = [of, code, by.actor].join('\n');
    const known = this.counts.get(key);
    if (known) return void known.count++;
    const entry = { type: 'AccessRefused', data: { operation: of, code, count: 1 }, by } as const;
    this.counts.set(key, { entry, count: 0 });
    this.write([entry]);
    this.timer ??= setTimeout(() => this.endMinute(), MINUTE_MS).unref();
  }

  /** Records what was counted since. */
  endMinute(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const repeated = [...this.counts.values()].filter(({ count }) => count > 0);
    this.counts.clear();
    this.write(repeated.map(({ entry, count }) => ({ ...entry, data: { ...entry.data, count } }) as AccessEntry));
  }

  private write(entries: readonly AccessEntry[]): void {
    this.record(entries).catch(this.onFault);
  }
}
