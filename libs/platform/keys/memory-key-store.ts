import { randomBytes } from 'node:crypto';
import { KeyStore, Refused } from '@baton/kernel';
import { KEY_BYTES } from './master-key';

/** The refusal to create a key for an erased subject. */
export const subjectErased = (subject: string): Refused =>
  new Refused('keys/erased', `${subject} was erased; personal data can no longer be recorded for it.`, '', { subject });

/** Keys in memory, for tests. */
export class MemoryKeyStore extends KeyStore {
  /** null: destroyed */
  private readonly subjects = new Map<string, Buffer | null>();
  private readonly namedSecrets = new Map<string, readonly { readonly version: number; readonly value: Buffer }[]>();

  async make(subjects: readonly string[]) {
    const destroyed = subjects.find((subject) => this.subjects.get(subject) === null);
    if (destroyed !== undefined) throw subjectErased(destroyed);
    const made = new Map<string, Buffer>();
    for (const subject of subjects) {
      const key = this.subjects.get(subject) ?? randomBytes(KEY_BYTES);
      this.subjects.set(subject, key);
      made.set(subject, key);
    }
    return made;
  }

  async find(subjects: readonly string[]) {
    const found = new Map<string, Buffer | null>();
    for (const subject of subjects) {
      const key = this.subjects.get(subject);
      if (key !== undefined) found.set(subject, key);
    }
    return found;
  }

  async destroy(subject: string) {
    this.subjects.set(subject, null);
  }

  async secret(name: string) {
    return this.namedSecrets.get(name)?.[0] ?? this.rotate(name);
  }

  async secrets(name: string) {
    return this.namedSecrets.get(name) ?? [];
  }

  async rotate(name: string) {
    const before = this.namedSecrets.get(name) ?? [];
    const next = { version: (before[0]?.version ?? 0) + 1, value: randomBytes(KEY_BYTES) };
    this.namedSecrets.set(name, [next, ...before]);
    return next;
  }

  async rewrap() {
    return 0; // they are not wrapped
  }

  availability() {
    return { state: 'available' } as const;
  }

  async close() {}
}
