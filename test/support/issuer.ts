import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, SignJWT, type JWTPayload } from 'jose';

/** An OpenID Connect issuer on a free port, which signs whatever it is asked to. */
export const startIssuer = async () => {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keys = [{ ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' }];
  const state = { answers: true };
  let url = '';
  const server = createServer(({ url: path }, response) => {
    response.statusCode = state.answers ? 200 : 500;
    response.end(JSON.stringify(path === '/keys' ? { keys } : { issuer: url, jwks_uri: `${url}/keys` }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const now = () => Math.floor(Date.now() / 1000);
  return {
    ...{ url, pair },
    /** Whether it answers, or fails. */
    answer: (answers: boolean) => void (state.answers = answers),
    /** A token that is right for the audience `baton-api`, but for what is said otherwise. */
    token: (
      claims: JWTPayload = {},
      { kid = 'k1', key = pair.privateKey, typ }: { kid?: string; key?: KeyObject; typ?: string } = {},
    ) =>
      new SignJWT({ iss: url, aud: 'baton-api', sub: 'ada', exp: now() + 600, ...claims })
        .setProtectedHeader({ alg: 'RS256', kid, ...(typ && { typ }) })
        .sign(key),
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};
