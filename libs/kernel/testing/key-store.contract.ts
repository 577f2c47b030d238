import { randomUUID } from 'node:crypto';
import type { KeyStore } from '..';

/**
 * The contract of `KeyStore`.
 * @param open opens a key store; all calls open the same keys. A store in memory returns the same instance
 */
export const keyStoreContract = (name: string, open: () => Promise<KeyStore>): void =>
  describe(`${name} keeps the KeyStore contract`, () => {
    let keys: KeyStore;
    let lead: string;
    beforeAll(async () => void (keys = await open()));
    afterAll(() => keys.close());
    beforeEach(() => void (lead = randomUUID()));
    const subjects = (count: number) => Array.from({ length: count }, (_, n) => `${lead}-${n}`);

    it('creates a key of 32 bytes for each subject, once', async () => {
      const three = subjects(3);
      const made = await keys.make([...three, three[0]!]);
      expect([...made.keys()].sort()).toEqual(three);
      expect(new Set([...made.values()].map((key) => key.toString('hex'))).size).toBe(3);
      for (const key of made.values()) expect(key).toHaveLength(32);
      expect(await keys.make(three.slice(1))).toEqual(new Map([...made].slice(1)));
      expect(await keys.find(three)).toEqual(made);
    });

    it('finds only keys that were created', async () => {
      await keys.make([lead]);
      expect([...(await keys.find([lead, `${lead}-never`])).keys()]).toEqual([lead]);
      expect(await keys.find([])).toEqual(new Map());
      expect(await keys.make([])).toEqual(new Map());
    });

    it('returns the same key to concurrent callers', async () => {
      const made = await Promise.all(Array.from({ length: 20 }, () => keys.make(subjects(3))));
      for (const each of made) expect(each).toEqual(made[0]);
    });

    it('destroys the key of a subject for good, and no other', async () => {
      const [gone, kept] = subjects(2) as [string, string];
      const made = await keys.make([gone, kept]);
      await keys.destroy(gone);
      await keys.destroy(gone);
      expect(await keys.find([gone, kept, `${lead}-never`])).toEqual(
        new Map([
          [gone, null],
          [kept, made.get(kept)!],
        ]),
      );
      await expect(keys.make([kept, gone])).rejects.toMatchObject({ name: 'Refused', code: 'keys/erased' });
      expect(await keys.make([kept])).toEqual(new Map([[kept, made.get(kept)!]]));
    });

    it('creates no key for a subject that was erased before it had one', async () => {
      const fresh = `${lead}-fresh`;
      await keys.destroy(lead);
      const [refused, made] = await Promise.allSettled([keys.make([fresh, lead]), keys.make([`${lead}-other`])]);
      expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'keys/erased' } });
      expect(made.status).toBe('fulfilled');
      expect(await keys.find([lead, fresh])).toEqual(new Map([[lead, null]]));
    });

    it('keeps all keys and secrets when they are wrapped anew', async () => {
      const made = await keys.make(subjects(3));
      const secret = await keys.secret(lead);
      await keys.destroy(`${lead}-2`);
      expect(await keys.rewrap()).toBe(0); // with the same master key
      expect(await keys.find(subjects(2))).toEqual(new Map([...made].slice(0, 2)));
      expect((await keys.find([`${lead}-2`])).get(`${lead}-2`)).toBeNull();
      expect(await keys.secret(lead)).toEqual(secret);
    });

    it('keeps named secrets in versions', async () => {
      expect(await keys.secrets(lead)).toEqual([]);
      const first = await keys.secret(lead);
      expect(first).toMatchObject({ version: 1 });
      expect(first.value).toHaveLength(32);
      expect(await keys.secret(lead)).toEqual(first);
      const second = await keys.rotate(lead);
      expect(second.version).toBe(2);
      expect(second.value).not.toEqual(first.value);
      expect(await keys.secret(lead)).toEqual(second);
      expect(await keys.secrets(lead)).toEqual([second, first]);
      expect((await keys.secret(`${lead}-other`)).value).not.toEqual(second.value);
    });

    it('creates one first version for concurrent callers', async () => {
      const secrets = await Promise.all(Array.from({ length: 10 }, () => keys.secret(lead)));
      for (const secret of secrets) expect(secret).toEqual(secrets[0]);
    });

    it('returns the same keys after it was opened again', async () => {
      const made = await keys.make(subjects(2));
      await keys.destroy(`${lead}-1`);
      const secret = await keys.secret(lead);
      const again = await open();
      expect(await again.find(subjects(2))).toEqual(
        new Map([...made].map(([subject, key], index) => [subject, index === 0 ? key : null])),
      );
      expect(await again.secret(lead)).toEqual(secret);
      if (again !== keys) await again.close();
    });
  });
