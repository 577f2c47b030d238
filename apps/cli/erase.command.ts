import { randomUUID } from 'node:crypto';
import { field } from '@baton/kernel';
import { erasureReasons, erasurePreview, ToPrivacy, type ErasurePreview } from '@baton/privacy';
import { single } from './command';
import { countOf, line, printJson, printTable } from './output';
import { localActor, Session } from './session';

const optional = { optional: true } as const;

const show = ({ leadIds, visitorIds, personal, holds, erasedLeadIds }: ErasurePreview): void => {
  line(`The person is ${countOf(leadIds.length, 'lead')}: ${leadIds.join(', ')}.`);
  if (visitorIds.length > 0) line(`Visitors identified as the person: ${visitorIds.join(', ')}.`);
  if (erasedLeadIds.length > 0) line(`Erased already: ${erasedLeadIds.join(', ')}.`);
  if (holds.length > 0) line(`Legal holds: ${holds.join(', ')}.`);
  if (personal.length > 0)
    printTable(
      ['event', 'field', 'values'],
      personal.map(({ type, field, values }) => [type, field, values]),
    );
};

export const command = single({
  words: { lead: 'id of a lead of the person' },
  options: {
    reason: field.enum(erasureReasons, 'Why:'),
    reference: field.text('Number of the request in your register.', optional),
    dryRun: field.flag('Only show what would be erased.', optional),
  },
  example: '7f3c --reason request --reference DSR-2024-17',
  run: ([leadId], { reason, reference, dryRun = false, json }) =>
    Session.use(async (session) => {
      await session.catchUp();
      const { models: live, sources } = session;
      const preview = await erasurePreview({ live, sources }, leadId!);
      if (!dryRun) {
        const meta = { commandId: randomUUID(), actor: localActor(), origin: 'person' as const };
        const data = { leadId: leadId!, reason, ...(reference !== undefined && { reference }) };
        await session.order(new ToPrivacy(leadId!, { type: 'EraseLead', data, meta }));
        await session.settle();
      }
      if (json) return printJson({ ...preview, erased: !dryRun });
      show(preview);
      line(dryRun ? 'Nothing was changed.' : 'The person is erased: nobody can read the personal data any more.');
    }),
});
