import { UnknownType, type Journal, type Json, type Sealed } from '@baton/kernel';
import { readEntries, type RecordAccess } from './access-log';
import { readsPersonal, type CallerIdentity } from './caller-identity';

/** A value as it was opened; undefined: its person was erased. */
type Opened = Json | undefined | UnknownType;

/**
 * The one way in which personal values reach a caller: they are opened together, with one call of the key store, and
 * given away only after it is recorded whose they are.
 */
export class PersonalReads {
  /** Whose values this answer has shown: its next level need not say so again. */
  private readonly recorded = new Set<string>();
  /** The people whose values were opened for this answer. */
  private readonly opened = new Set<string>();

  /**
   * @param operation what was asked: a name from the code, never a caller's text
   * @param reason why, if the caller says so
   */
  constructor(
    private readonly journal: Pick<Journal, 'open'>,
    private readonly record: RecordAccess,
    private readonly caller: CallerIdentity,
    private readonly operation: string,
    private readonly reason?: string,
  ) {}

  /** Of another answer to the same question: what it shows is recorded anew. */
  another(): PersonalReads {
    return new PersonalReads(this.journal, this.record, this.caller, this.operation, this.reason);
  }

  /** Whether the caller may see values of this person: it works with leads by name, or they were opened for this answer. */
  maySee(leadId: string): boolean {
    return readsPersonal(this.caller) || this.opened.has(leadId);
  }
  /** Whether it may see those of anybody. */
  get maySeeSome(): boolean {
    return readsPersonal(this.caller) || this.opened.size > 0;
  }

  /**
   * Opens the values of some people for this answer alone, whatever of them it will show.
   * @throws Conflict `access/not-recorded`
   */
  async openFor(leadIds: readonly string[], reason: string): Promise<void> {
    await this.record(readEntries(this.caller, this.operation, leadIds, { opened: reason }));
    for (const leadId of leadIds) this.opened.add(leadId);
  }

  /**
   * Opens values that the caller may see, in their order, as `Journal.open`.
   * @throws Conflict `access/not-recorded`
   */
  async open(values: readonly Sealed[]): Promise<readonly Opened[]> {
    const opened = await this.journal.open(values);
    const shown: string[] = [];
    for (const [index, { subject }] of values.entries()) {
      const value = opened[index];
      if (value !== undefined && !(value instanceof UnknownType)) shown.push(subject);
    }
    await this.recordShown(shown);
    return opened;
  }

  /**
   * Records that an answer shows something personal of these people: a value, or that a value which the caller named is
   * theirs.
   * @throws Conflict `access/not-recorded`
   */
  async recordShown(leadIds: readonly string[]): Promise<void> {
    const shown = new Set<string>();
    for (const leadId of leadIds) if (!this.recorded.has(leadId) && !this.opened.has(leadId)) shown.add(leadId);
    if (shown.size === 0) return;
    await this.record(readEntries(this.caller, this.operation, [...shown], { reason: this.reason }));
    for (const leadId of shown) this.recorded.add(leadId);
  }
}

/** Gives callers their reads, so that nobody else needs a journal that opens values. */
export class ReadsOfCallers {
  constructor(
    private readonly journal: Pick<Journal, 'open'>,
    private readonly record: RecordAccess,
  ) {}

  /** As the constructor of `PersonalReads`. */
  of(caller: CallerIdentity, operation: string, reason?: string): PersonalReads {
    return new PersonalReads(this.journal, this.record, caller, operation, reason);
  }
}
