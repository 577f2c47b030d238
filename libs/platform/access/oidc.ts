import { Clock, Conflict, Refused, roles as knownRoles, toMs, type Role } from '@baton/kernel';
import type { JWTPayload, JWTVerifyGetKey } from 'jose';
import type { Config } from '../config';
import type { CallerIdentity } from './caller-identity';

/** Asymmetric signatures only: with HMAC or none, anybody who knows the public key could sign. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const CLOCK_TOLERANCE_S = 30;
const DISCOVERY_MS = 5_000;
const MAX_TOKEN_LENGTH = 8_192;
/** An access token with a longer lifetime is probably a mistake, and it could not be revoked. */
const MAX_LIFETIME_S = 7 * 24 * 3600;
/** Accepted `typ` headers. Other types, such as logout tokens, are not access tokens. */
const HEADER_TYPES = ['jwt', 'at+jwt', 'application/at+jwt'];

/** Verifies tokens of an OpenID Connect issuer: signed by a key of its published set, for our audience, not expired. */
export class Oidc {
  private keys: Promise<JWTVerifyGetKey> | undefined;

  constructor(
    private readonly settings: Pick<Config, 'oidcIssuer' | 'oidcAudience' | 'oidcRolesClaim' | 'oidcClients'>,
    private readonly clock: Clock,
  ) {}

  /**
   * @param token a signed JWT
   * @returns the caller `oidc:<sub>` with its roles that Baton knows, and when the token expires (ms since 1970)
   * @throws Refused `access/token-expired`, `access/wrong-audience`, `access/wrong-issuer`, `access/no-role` (none that
   *   Baton knows), `access/wrong-client` (issued for a client that is not accepted), `access/bad-token` (malformed,
   *   unsigned, signed by an unknown key or with another algorithm, not an access token, issued in the future, valid
   *   for more than a week)
   * @throws Conflict `access/issuer-unreachable`
   */
  async verify(token: string): Promise<{ caller: CallerIdentity; endsAt: number }> {
    if (token.length > MAX_TOKEN_LENGTH)
      throw tokenRefused('access/bad-token', 'It must have at most 8,192 characters.');
    const { jwtVerify } = await import('jose');
    const keys = await (this.keys ??= this.discover());
    let claims: JWTPayload;
    let headerType: unknown;
    const now = toMs(this.clock.now());
    try {
      ({
        payload: claims,
        protectedHeader: { typ: headerType = 'JWT' },
      } = await jwtVerify(token, keys, {
        issuer: this.settings.oidcIssuer,
        audience: this.settings.oidcAudience,
        algorithms: ALGORITHMS,
        requiredClaims: ['sub', 'exp'],
        clockTolerance: CLOCK_TOLERANCE_S,
        currentDate: new Date(now),
      }));
    } catch (error) {
      throw refusalOf(error);
    }
    this.assertAccessToken(headerType, claims, now / 1000);
    const actor = claims.sub ?? '';
    if (!/^[\x21-\x7e]{1,200}$/.test(actor))
      throw tokenRefused('access/bad-token', 'Its subject (sub) must be 1 to 200 printable characters.');
    const roles = this.rolesOf(claims);
    if (roles.length === 0)
      throw tokenRefused('access/no-role', `Its claim ${this.settings.oidcRolesClaim} must contain a role of Baton.`);
    return {
      caller: { actor: `oidc:${actor}`, origin: 'person', roles },
      endsAt: (claims.exp! + CLOCK_TOLERANCE_S) * 1000,
    };
  }

  /**
   * Checks what the verification of the signature does not.
   * @throws Refused `access/bad-token`, `access/wrong-client`
   */
  private assertAccessToken(headerType: unknown, claims: JWTPayload, nowS: number): void {
    // Keycloak has the type of a token in a claim of this name.
    const type = claims['typ'] ?? 'Bearer';
    if (!HEADER_TYPES.includes(String(headerType).toLowerCase()) || !/^(Bearer|JWT)$/i.test(String(type)))
      throw tokenRefused('access/bad-token', 'It must be an access token.');
    if (claims.iat !== undefined && !(claims.iat <= nowS + CLOCK_TOLERANCE_S))
      throw tokenRefused('access/bad-token', 'It was issued in the future.');
    if (!(claims.exp! <= nowS + MAX_LIFETIME_S))
      throw tokenRefused('access/bad-token', 'Its lifetime must be at most a week.');
    const { oidcAudience, oidcClients } = this.settings;
    const client = claims['azp'] ?? claims['client_id'];
    if (client !== undefined && ![oidcAudience, ...oidcClients.split(/[\s,]+/)].includes(String(client)))
      throw tokenRefused(
        'access/wrong-client',
        'It was issued for another client; BATON_OIDC_CLIENTS lists the accepted clients.',
      );
  }

  private rolesOf(claims: JWTPayload): Role[] {
    const path = this.settings.oidcRolesClaim;
    const nested = () =>
      path
        .split('.')
        .reduce<unknown>(
          (at, name) =>
            typeof at === 'object' && at !== null && Object.hasOwn(at, name) ? at[name as never] : undefined,
          claims,
        );
    const claim = Object.hasOwn(claims, path) ? claims[path] : nested();
    const claimed: readonly unknown[] =
      typeof claim === 'string' ? claim.split(/\s+/) : Array.isArray(claim) ? claim : [];
    return knownRoles.filter((role) => claimed.includes(role));
  }

  /** Reads from the issuer's metadata where it publishes its keys; the next call tries again after a failure. */
  private async discover(): Promise<JWTVerifyGetKey> {
    try {
      const { createRemoteJWKSet } = await import('jose');
      const issuer = this.settings.oidcIssuer;
      const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
        signal: AbortSignal.timeout(DISCOVERY_MS),
      });
      const { issuer: publishedIssuer, jwks_uri: uri } = (await response.json()) as {
        issuer?: unknown;
        jwks_uri?: unknown;
      };
      if (!response.ok || publishedIssuer !== issuer || typeof uri !== 'string')
        throw new Error('not the metadata of the issuer');
      return createRemoteJWKSet(new URL(uri), { timeoutDuration: DISCOVERY_MS });
    } catch {
      this.keys = undefined;
      throw issuerUnreachable();
    }
  }
}

const tokenRefused = (code: string, message: string) =>
  new Refused(code, `The bearer token is not accepted. ${message}`, 'authorization');
const issuerUnreachable = () =>
  new Conflict('access/issuer-unreachable', 'The token issuer does not answer; try again.', 'authorization');

/** The error for a failed verification, without any content of the token. */
const refusalOf = (error: unknown): Error => {
  const { code, claim } = error as { readonly code?: string; readonly claim?: string };
  if (code === 'ERR_JWT_EXPIRED') return tokenRefused('access/token-expired', 'It has expired; get a new one.');
  if (claim === 'aud') return tokenRefused('access/wrong-audience', 'It was issued for another audience.');
  if (claim === 'iss') return tokenRefused('access/wrong-issuer', 'It was issued by another issuer.');
  const isTokenFault = code?.startsWith('ERR_J') && code !== 'ERR_JWKS_TIMEOUT' && code !== 'ERR_JOSE_GENERIC';
  return isTokenFault
    ? tokenRefused('access/bad-token', 'Its format, key or signature is not valid.')
    : issuerUnreachable();
};
