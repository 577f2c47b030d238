import { parseOneAddress } from 'email-addresses';
import { isValid as isCountryCode, getAlpha2Code, registerLocale } from 'i18n-iso-countries/index';
import english from 'i18n-iso-countries/langs/en.json';
import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
import { parse as parseHost } from 'tldts';
import { plainText } from './words';

registerLocale(english);

const unquoted = (text: string): string => /^(["'])(.*)\1$/s.exec(text)?.[2]?.trim() ?? text;
/** The text without invisible characters and without quotes around it. */
const plainContactText = (text: string): string => unquoted(plainText(text));

/**
 * The normal form of a host name: ASCII, lower case, no trailing dot.
 * @returns undefined for an IP address, a single label, and a name without a public suffix
 */
export const hostOf = (text: string): string | undefined => {
  const name = plainContactText(text).replace(/\.$/, '');
  if (!/^[^\s/:?#@[\]\\%]+$/.test(name) || !URL.canParse(`http://${name}`)) return undefined;
  const { hostname } = new URL(`http://${name}`);
  const { domain, isIp } = parseHost(hostname);
  return domain === null || isIp ? undefined : hostname;
};

const ADDRESS = /[^\s"'<>()[\]@:=,;/?&#%]+(?:@|%40)(?:[\p{L}\p{N}-]+\.)+\p{L}{2,}/giu;
/** The text with `[address]` in the place of each e-mail address, also of one in the query of a URL. */
export const withoutAddresses = (text: string): string =>
  /@|%40/.test(text) ? text.replace(ADDRESS, '[address]') : text;

/** Where a visit came from: a web host, an app, or a plain word. */
export interface Origin {
  /** The host in ASCII without a leading `www.`, the id of the app, or the word; in small letters. */
  readonly name: string;
  /** Of a host under a known public suffix: everything before the suffix, `mail.google` of mail.google.co.uk. */
  readonly beforeSuffix?: string;
}
const HTTP = /^(https?:)?\/\//i;
const APP = /^(?:android|ios)-app:\/\/([^/?#\s]+)/i;

/**
 * Parses a referrer, or a source that is written like one: a URL, a host (with or without a path), or an app id such as
 * `android-app://com.slack`. Path and query do not matter for the origin.
 * @returns undefined for anything else, such as free text or another scheme
 * Source: the WHATWG URL parser of the platform; suffixes from the ICANN part of the Public Suffix List.
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

/** A command is checked, brought into its normal form, hashed and checked again as an event: the same few texts each time. */
const REMEMBERED_TEXTS = 2_000;
const remembered = <V>(known: Map<string, V>, text: string, read: (text: string) => V): V => {
  const before = known.get(text);
  if (before !== undefined || known.has(text)) return before as V;
  if (known.size >= REMEMBERED_TEXTS) known.clear();
  const value = read(text);
  known.set(text, value);
  return value;
};

/** An address of RFC 5322 in its plain form, dot-atoms on both sides. It needs no grammar, which is a hundred times slower. */
const PLAIN_ADDRESS =
  /^([a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*)@([a-z0-9-]+(?:\.[a-z0-9-]+)+)$/i;
const addressPartsOf = (text: string): { readonly local: string; readonly domain: string } | undefined => {
  const plain = PLAIN_ADDRESS.exec(text);
  if (plain) return { local: plain[1]!, domain: plain[2]! };
  const parsed = parseOneAddress({ input: text, rfc6532: true, rejectTLD: true });
  return parsed?.type === 'mailbox' && !/\s/.test(parsed.local) ? parsed : undefined;
};

/**
 * The normal form of an e-mail address: NFKC, trimmed, lower case, ASCII host, without `mailto:` or a display name.
 * Dots and tags of the local part are kept, because they mean different mailboxes with most providers.
 * @returns undefined if it is not one valid address: `n/a`, `none@none`, free text, several addresses
 * Source: RFC 5322 and 6532 by email-addresses; hosts by the Public Suffix List.
 */
export const emailOf = (text: string): string | undefined => remembered(emails, text, readEmail);
const emails = new Map<string, string | undefined>();
const readEmail = (text: string): string | undefined => {
  const bare = plainText(text).replace(/\.?(>?)[\s;,.]*$/, '$1');
  const plain = unquoted(bare).replace(/^mailto:/i, '');
  const parts = addressPartsOf(plain);
  const host = parts && hostOf(parts.domain);
  return host && `${parts.local.toLowerCase()}@${host}`;
};

/**
 * The normal form of a phone number: E.164 if it has a country code (`+44 20 …`, `0044 20 …`), followed by `;ext=` and
 * the extension; without a country code it stays as written.
 * @returns undefined if it cannot be a phone number
 */
export const phoneOf = (text: string): string | undefined => remembered(phones, text, readPhone);
const phones = new Map<string, string | undefined>();
const readPhone = (text: string): string | undefined => {
  const plain = plainContactText(text).replace(/^tel:/i, '').replace(/^00/, '+');
  if (plain.startsWith('+')) {
    const parsed = parsePhoneNumberFromString(plain, { extract: false });
    return parsed?.isPossible() ? `${parsed.number}${parsed.ext ? `;ext=${parsed.ext}` : ''}` : undefined;
  }
  const digits = plain.replace(/\D/g, '').length;
  return /^[\d\s()./-]+((x|ext\.?)\s*\d{1,6})?$/i.test(plain) && digits >= 5 && digits <= 20 ? plain : undefined;
};

/**
 * True if the text can be a country. A text of up to three characters must be an ISO 3166 code or a known short name
 * (`UK`); longer texts are taken as names in any language.
 */
export const isCountry = (text: string): boolean => {
  const plain = plainContactText(text);
  return (
    plain.length > 3 || plain === '' || isCountryCode(plain.toUpperCase()) || getAlpha2Code(plain, 'en') !== undefined
  );
};
