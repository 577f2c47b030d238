// Loaded before `baton`: the build of another day, which knows two event types more, one of them with personal data.
const { join } = require('node:path');
const dist = join(__dirname, '..', '..', 'dist', 'libs');
const { events, optional, personal, ref, text } = require(join(dist, 'kernel'));
const { leadEvents } = require(join(dist, 'leads'));
const { supportRequestEvents } = require(join(dist, 'opportunities'));
const { schemas } = events({
  LeadTeleported: {
    version: 1,
    sentence: 'The lead is elsewhere',
    description: 'Elsewhere at once.',
    leadId: ref('lead'),
  },
});
for (const [type, schema] of schemas) leadEvents.schemas.set(type, schema);
const later = events({
  SupportTeleported: {
    version: 1,
    sentence: 'The request is elsewhere[: {note}]',
    description: 'Elsewhere at once.',
    supportId: ref('support'),
    leadId: ref('lead'),
    note: optional(personal(text('Why.'))),
  },
});
for (const [type, schema] of later.schemas) supportRequestEvents.schemas.set(type, schema);
