import { parseOneAddress } from 'email-addresses';
import { isValid as isCountryCode, getAlpha2Code, registerLocale } from 'i18n-iso-countries/index';
import english from 'i18n-iso-countries/langs/en.json';
import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
import { parse as parseHost } from 'tldts';
import { plainText } from './words';

registerLocale(english);

const unquoted = (text: string): string => /^(["'])(.*)\1$/s.exec(text)?.[2]?.trim() ?? text;
/** An address as it is read: without what cannot be seen, and without quotes around it. */
const plainContactText = (text: string): string => unquoted(plainText(text));

/**
 * The one form of a host name: ASCII, small letters, no dot behind.
 * @returns undefined for an address of numbers, a single label, and what is no name under a public suffix
 */
export const hostOf = (text: string): string | undefined => {
  const name = plainContactText(text).replace(/\.$/, '');
  if (!/^[^\s/:?#@[\]\\%]+$/.test(name) || !URL.canParse(`http://${name}`)) return undefined;
  const { hostname } = new URL(`http://${name}`);
  const { domain, isIp } = parseHost(hostname);
  return domain === null || isIp ? undefined : hostname;
};

/** Where a visit came from: a host of the web, an app, or a word that names neither. */
export interface Origin {
  /** The host in ASCII without a leading `www.`, the id of the app, or the word; in small letters. */
  readonly name: string;
  /** Of a host under a known public suffix: everything before the suffix, `mail.google` of mail.google.co.uk. */
  readonly beforeSuffix?: string;
}
const HTTP = /^(https?:)?\/\//i;
const APP = /^(?:android|ios)-app:\/\/([^/?#\s]+)/i;

/**
 * Reads a referrer, or a source that is written like one: a URL, a host alone (with or without a path), or the id of an
 * app as `android-app://com.slack`. Path and query say nothing of where somebody came from.
 * @returns undefined for what is none of these: free text, another scheme
 * Source: the URL parser of the platform (WHATWG); suffixes by the Public Suffix List, its ICANN part alone.
 */
export const originOf = (text: string): Origin | undefined => {
  const plain = plainContactText(text);
  const app = APP.exec(plain)?.[1];
  if (app) return { name: app.toLowerCase() };
  const address = HTTP.test(plain) ? plain.replace(HTTP, '') : plain;
  if (
    address === '' ||
    /[\s@\\]/.test(address.split(/[/?#]/)[0]!) ||
    /^[a-z][a-z0-9+.-]*:(?!\d+(?:[/?#]|$))/i.test(address)
  )
    return undefined;
  if (!URL.canParse(`http://${address}`)) return undefined;
  const { hostname } = new URL(`http://${address}`);
  const name = hostname.replace(/\.$/, '').replace(/^www\.(?=.)/, '');
  const { isIcann, publicSuffix, domain } = parseHost(name);
  if (!isIcann || domain === null) return { name };
  return { name, beforeSuffix: name.slice(0, -publicSuffix!.length - 1) };
};

/**
 * The one form of an e-mail address: NFKC, trimmed, small letters, the host in ASCII; `mailto:` and a name around it are
 * taken off. Dots and tags of the local part stay: they mean different mailboxes with most providers.
 * @returns undefined for what is no address: `n/a`, `none@none`, free text, several addresses
 * Source: RFC 5322 and 6532 by email-addresses; hosts by the Public Suffix List.
 */
export const emailOf = (text: string): string | undefined => {
  const bare = plainText(text).replace(/\.?(>?)[\s;,.]*$/, '$1');
  const plain = unquoted(bare).replace(/^mailto:/i, '');
  const parsed = parseOneAddress({ input: plain, rfc6532: true, rejectTLD: true });
  if (parsed?.type !== 'mailbox' || /\s/.test(parsed.local)) return undefined;
  const host = hostOf(parsed.domain);
  return host && `${parsed.local.toLowerCase()}@${host}`;
};

/**
 * The one form of a phone number: E.164 where the country is said (`+44 20 …`, `0044 20 …`), with `;ext=` behind; a
 * number without its country as it was written.
 * @returns undefined for what cannot be a number
 */
export const phoneOf = (text: string): string | undefined => {
  const plain = plainContactText(text).replace(/^tel:/i, '').replace(/^00/, '+');
  if (plain.startsWith('+')) {
    const parsed = parsePhoneNumberFromString(plain, { extract: false });
    return parsed?.isPossible() ? `${parsed.number}${parsed.ext ? `;ext=${parsed.ext}` : ''}` : undefined;
  }
  const digits = plain.replace(/\D/g, '').length;
  return /^[\d\s()./-]+((x|ext\.?)\s*\d{1,6})?$/i.test(plain) && digits >= 5 && digits <= 20 ? plain : undefined;
};

/**
 * Is this a country, as people write it? What is as short as a code must be one of ISO 3166, or a name as short (`UK`);
 * longer texts are names in any language.
 */
export const isCountry = (text: string): boolean => {
  const plain = plainContactText(text);
  return (
    plain.length > 3 || plain === '' || isCountryCode(plain.toUpperCase()) || getAlpha2Code(plain, 'en') !== undefined
  );
};
