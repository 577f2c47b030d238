// For auditors: the case file of a lead as it was known at the end of a day (UTC), as JSON. What is known is recorded:
// a history that was told later is not in it before that day.
// KEY=baton_… node examples/case-file.mjs ada 2024-06-01 > case-file.json
import { ask } from './ask.mjs';

const [leadId, day] = process.argv.slice(2);
if (!leadId || !day) {
  console.error('Name a lead and a day: node examples/case-file.mjs ada 2024-06-01');
  process.exit(1);
}

const entries = [];
for (let after = undefined, more = true; more;) {
  const { caseFile } = await ask(
    `query ($subject: String!, $day: DayOrInstant!, $after: String) {
      caseFile(subject: $subject, asOf: { knownBy: $day }, first: 500, after: $after) {
        edges { node { position type occurredAt recordedAt actor definition commandId changes { field before after } } }
        pageInfo { hasNextPage endCursor }
      }
    }`,
    { subject: `lead-${leadId}`, day, after },
  );
  entries.push(...caseFile.edges.map(({ node }) => node));
  ({ hasNextPage: more, endCursor: after } = caseFile.pageInfo);
}
console.log(JSON.stringify({ leadId, knownBy: day, entries }, null, 2));
