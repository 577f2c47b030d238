import { randomUUID } from 'node:crypto';
import type { KeyStore } from '..';

/**
 * What every KeyStore promises.
 * @param open gives another key store over the same keys at each call, or where keys end with the process the same one
 */
export const keyStoreContract = (name: string, open: () => Promise<KeyStore>): void =>
  describe(`${name} keeps the KeyStore contract`, () => {
    let keys: KeyStore;
    let lead: string;
    beforeAll(async () => void (keys = await open()));
    afterAll(() => keys.close());
    beforeEach(() => void (lead = randomUUID()));
    const subjects = (count: number) => Array.from({ length: count }, (_, n) => `${lead}-${n}`);

    it('makes a key of 32 bytes for each subject, once', async () => {
      const three = subjects(3);
      const made = await keys.make([...three, three[0]!]);
      expect([...made.keys()].sort()).toEqual(three);
      expect(new Set([...made.values()].map((key) => key.toString('hex'))).size).toBe(3);
      for (const key of made.values()) expect(key).toHaveLength(32);
      expect(await keys.make(three.slice(1))).toEqual(new Map([...made].slice(1)));
      expect(await keys.find(three)).toEqual(made);
    });

    it('finds only what was made', async () => {
      await keys.make([lead]);
      expect([...(await keys.find([lead, `${lead}-never`])).keys()]).toEqual([lead]);
      expect(await keys.find([])).toEqual(new Map());
      expect(await keys.make([])).toEqual(new Map());
    });

    it('gives everybody the same key when many make it at once', async () => {
      const made = await Promise.all(Array.from({ length: 20 }, () => keys.make(subjects(3))));
      for (const each of made) expect(each).toEqual(made[0]);
    });

    it('forgets a subject for ever, and nobody else', async () => {
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

    it('makes no key for a subject that was forgotten before it had one', async () => {
      const fresh = `${lead}-fresh`;
      await keys.destroy(lead);
      const [refused, made] = await Promise.allSettled([keys.make([fresh, lead]), keys.make([`${lead}-other`])]);
      expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'keys/erased' } });
      expect(made.status).toBe('fulfilled');
      expect(await keys.find([lead, fresh])).toEqual(new Map([[lead, null]]));
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

    it('makes one first version when many ask at once', async () => {
      const secrets = await Promise.all(Array.from({ length: 10 }, () => keys.secret(lead)));
      for (const secret of secrets) expect(secret).toEqual(secrets[0]);
    });

    it('gives the same after it was opened again', async () => {
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
