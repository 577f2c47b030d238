// Loaded before `baton`: the build of another day, which knows one event type more.
const { join } = require('node:path');
const dist = join(__dirname, '..', '..', 'dist', 'libs');
const { events, ref } = require(join(dist, 'kernel'));
const { leadEvents } = require(join(dist, 'leads'));
const { schemas } = events({
  LeadTeleported: {
    version: 1,
    sentence: 'The lead is elsewhere',
    description: 'Elsewhere at once.',
    leadId: ref('lead'),
  },
});
for (const [type, schema] of schemas) leadEvents.schemas.set(type, schema);
