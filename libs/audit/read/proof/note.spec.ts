import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { logKeys, newSigningKey, rotateSigningKey, signingKey, verifierKey } from '@baton/platform/keys';
import { headText, openNote, parseHead, signNote, withCosignatures } from './note';

const folder = mkdtempSync(join(tmpdir(), 'baton-note-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const key = signingKey(newSigningKey('example.org/baton'), 'test');
const head = {
  ...{ origin: 'example.org/baton', size: 42, signedAt: '2024-01-01T00:00:00.000Z' },
  ...{ root: Buffer.alloc(32, 1), places: Buffer.alloc(32, 2) },
};
const note = signNote(headText(head), key);
const codeOf = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('a signed head', () => {
  // The test vector of golang.org/x/mod/sumdb/note.
  const golden = {
    verifier: 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
    signer: 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz',
    text: "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n",
    signature: 'x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=',
  };
  it('is signed as the signed notes of Go are', () => {
    const signer = signingKey(golden.signer, 'test');
    expect(signer.text).toBe(golden.verifier);
    expect(signNote(golden.text, signer)).toBe(`${golden.text}\n— PeterNeumann ${golden.signature}\n`);
  });

  it('is opened by whoever knows the key', () => {
    expect(openNote(note, [verifierKey(key.text, 'test')])).toEqual(head);
    expect(note.split('\n').slice(0, 3)).toEqual(['example.org/baton', '42', head.root.toString('base64')]);
  });
  it('is opened with the signatures of witnesses, and not with those alone', () => {
    const witness = signingKey(newSigningKey('witness.example'), 'test');
    const [line] = signNote('x\n', witness).split('\n\n').slice(1);
    expect(openNote(withCosignatures(note, line!), [key])).toEqual(head);
    expect(codeOf(() => openNote(note, [witness]))).toBe('proof/bad-signature');
    expect(codeOf(() => withCosignatures(note, 'hello'))).toBe('proof/bad-head');
  });
  it('is refused with any bit changed', () => {
    const bytes = Buffer.from(note);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect([bit, codeOf(() => openNote(changed.toString(), [key]))]).toEqual([
        bit,
        expect.stringMatching(/^proof\/bad-/),
      ]);
    }
  });
  it.each([
    '',
    'a\n',
    'a\n1\n',
    headText(head).replace('42', '042'),
    headText(head).replace('places', 'place'),
    `${headText(head)}more\n`,
  ])('is refused as %j', (text) => expect(codeOf(() => parseHead(text))).toBe('proof/bad-head'));
});

describe('the signing key', () => {
  const config = { dataDir: join(folder, 'data'), mongoUrl: '', signingKey: '', verifierKeys: '' };
  it('is created once, readable by its owner only', () => {
    const first = logKeys(config, 'a');
    expect(logKeys(config, 'b').signing.text).toBe(first.signing.text);
    expect(statSync(join(config.dataDir, 'signing.key')).mode & 0o777).toBe(0o600);
  });
  it('is rotated: the new one signs, both verify', () => {
    const before = logKeys(config, 'a');
    const after = rotateSigningKey(config, 'a');
    expect(after.signing.text).not.toBe(before.signing.text);
    expect(after.verifiers.map(({ text }) => text)).toEqual([after.signing.text, before.signing.text]);
    expect(after.signing.name).toBe('a');
    const old = signNote(headText({ ...head, origin: 'a' }), before.signing);
    expect(openNote(old, after.verifiers)).toMatchObject({ size: 42 });
  });
  it('is that of the configuration, with earlier verifier keys', () => {
    const text = newSigningKey('c');
    const earlier = signingKey(newSigningKey('c'), 'test').text;
    const configured = { ...config, signingKey: text, verifierKeys: earlier };
    expect(logKeys(configured, 'x').verifiers.map((one) => one.text)).toEqual([signingKey(text, 'test').text, earlier]);
    expect(codeOf(() => rotateSigningKey(configured, 'x'))).toBe('keys/configured-signing-key');
    const other = signingKey(newSigningKey('d'), 'test').text;
    expect(codeOf(() => logKeys({ ...configured, verifierKeys: other }, 'x'))).toBe('keys/other-name');
    expect(codeOf(() => logKeys({ ...config, mongoUrl: 'mongodb://x' }, 'x'))).toBe('keys/no-signing-key');
  });
  it('is refused where it is malformed, without showing it', () => {
    const text = newSigningKey('c');
    for (const bad of [text.slice(0, -4), text.replace('PRIVATE', 'PUBLIC'), text.replace('+c+', '+d+'), 'hunter2']) {
      writeFileSync(join(config.dataDir, 'signing.key'), bad);
      expect(codeOf(() => logKeys(config, 'x'))).toBe('keys/malformed-signing-key');
      try {
        logKeys(config, 'x');
      } catch (error) {
        expect((error as Error).message).not.toContain(bad);
      }
    }
    expect(readFileSync(join(config.dataDir, 'signing.key'), 'utf8')).toBe('hunter2');
    expect(codeOf(() => verifierKey(`${key.text.slice(0, -4)}AAA=`, 'test'))).toBe('keys/malformed-signing-key');
  });
});
