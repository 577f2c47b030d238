import { fieldInWords, instantInWords, valueInWords } from '@baton/kernel';
import type { SubjectAccess } from './subject-access.query';

const signs: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => signs[sign]!);
const cell = (text: string): string => `<td>${escaped(text)}</td>`;
const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  rows.length === 0
    ? '<p>Nothing.</p>'
    : `<table><thead><tr>${heads.map((head) => `<th scope="col">${escaped(head)}</th>`).join('')}</tr></thead><tbody>${rows
        .map((row) => `<tr>${row.map(cell).join('')}</tr>`)
        .join('\n')}</tbody></table>`;

const style =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #ccc}';

/** What is held about a person, as a page that the person can read: one file, without scripts, that loads nothing. */
export const subjectAccessPage = ({ facts, consents, events }: SubjectAccess, at: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Your personal data</title><style>${style}</style></head><body>
<h1>Your personal data</h1>
<p>All that we hold about you, as of ${escaped(instantInWords(at))}. The file beside this page has the same in full, for machines.</p>
<h2>What we know</h2>
${facts
  .map((known) =>
    table(
      ['What', 'Value'],
      Object.entries(known).map(([name, value]) => [fieldInWords(name), valueInWords(value)]),
    ),
  )
  .join('\n')}
<h2>How you may be contacted</h2>
${table(
  ['For', 'By', 'You agreed', 'Text', 'Where', 'When'],
  consents.map(({ purpose, channel, given, textVersion, source, at: when }) => [
    ...[purpose, channel, given ? 'yes' : 'no', textVersion ?? '', source, instantInWords(when)],
  ]),
)}
<h2>What happened</h2>
${table(
  ['When', 'What'],
  events.map(({ occurredAt, sentence }) => [instantInWords(occurredAt), sentence]),
)}
</body></html>
`;
