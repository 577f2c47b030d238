// For analysts: revenue by the source of what led to the deals, as CSV.
// KEY=baton_… node examples/revenue-by-source.mjs [first day] [day after the last] > revenue.csv
import { ask } from './ask.mjs';

const [from, to] = process.argv.slice(2);
const { attribution } = await ask(
  `query ($from: DayOrInstant, $to: DayOrInstant) {
    attribution(by: SOURCE, from: $from, to: $to) { rows { key conversions revenue { decimal currency } } }
  }`,
  { from, to },
);

const cell = (value) => (/[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
console.log('source,won,revenue,currency');
for (const { key, conversions, revenue } of attribution.rows)
  for (const { decimal, currency } of revenue)
    console.log([key ?? '', String(conversions), decimal, currency].map(cell).join(','));
