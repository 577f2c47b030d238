import { readFileSync, writeFileSync } from 'node:fs';
import type { TSchema } from '@sinclair/typebox';
import { format } from 'prettier';
import { commandsByTarget } from '../apps/cli/import/aggregates';
import { sendableOf } from '../apps/cli/import/mapping';

/** Every command that a mapping may send, with its fields. */
const commandList = (): string => {
  const kindOf = (schema: TSchema): string => {
    const { ref, format, type, items } = schema as Record<string, unknown> & TSchema;
    if (typeof ref === 'string') return `id of a ${ref}`;
    if (type === 'array') return `list: ${kindOf(items as TSchema)}`;
    if (Array.isArray(schema['enum'])) return schema['enum'].map((word) => `\`${String(word)}\``).join(', ');
    if (type === 'object') return 'minor' in schema['properties'] ? 'amount' : 'object';
    return String((format === 'not-blank' ? type : format) ?? type ?? 'any');
  };
  const cell = (text: string) => text.replaceAll('|', '\\|').replace(/\s+/g, ' ');
  const parts = Object.entries(commandsByTarget).flatMap(([to, known]) => [
    `## ${to}`,
    ...sendableOf(known).map(({ type, description, about, object }) => {
      const required = new Set(object.required);
      const fields = Object.entries(object.properties).map(
        ([field, schema]) =>
          `| \`${field}\`${required.has(field) ? ' *' : ''} | ${kindOf(schema)} | ${cell(schema.description ?? '')} |`,
      );
      const table = ['| field | is | |', '| --- | --- | --- |', ...fields].join('\n');
      const mutation = type.charAt(0).toLowerCase() + type.slice(1);
      return `### ${type}${about ? ` (${about})` : ''}\n\n${cell(description)} In GraphQL: \`${mutation}\`.\n\n${table}`;
    }),
  ]);
  const head = `# Commands of an import\n\nWhat a [mapping](README.md) may send, by the name in \`to\`; fields with * must be given. How a \`state\` and an \`occurrence\` count in a later run is said [there](README.md#what-happens-to-the-rows). In GraphQL each is a mutation, and \`sendCommands\` sends up to 100 in one request, each under the name of its mutation.`;
  return `${[head, ...parts].join('\n\n')}\n`;
};

const page = 'examples/mappings/COMMANDS.md';

describe('the list of the commands of an import', () => {
  it('matches the source; UPDATE_COMMANDS=1 rewrites it', async () => {
    const style = JSON.parse(readFileSync('.prettierrc', 'utf8')) as object;
    const list = await format(commandList(), { parser: 'markdown', ...style });
    if (process.env['UPDATE_COMMANDS'] === '1') writeFileSync(page, list);
    expect(list).toMatch(/### RecordTouch \(occurrence\)[\s\S]*### OpenOpportunity\n/);
    expect(list).not.toContain('AdvanceClock');
    expect(readFileSync(page, 'utf8')).toBe(list);
  });
  it('treats as state whatever can be set again after its opposite: a nightly export sends it again', () => {
    const opposites = [
      ...[
        ['WinOpportunity', 'LoseOpportunity', 'ReopenOpportunity'],
        ['AddContactRole', 'RemoveContactRole'],
      ],
      ...[
        ['JoinQueue', 'LeaveQueue'],
        ['MarkRepAbsent', 'MarkRepAvailable'],
        ['MergeLead', 'UnmergeLead'],
      ],
      ...[
        ['UpdateLead', 'ClearLeadFact'],
        ['UpdateOpportunity', 'ClearOpportunityFact'],
        ['RegisterAsset', 'RemoveAsset'],
      ],
    ];
    const known = new Map(
      Object.values(commandsByTarget)
        .flatMap((one) => sendableOf(one))
        .map((one) => [one.type, one]),
    );
    for (const type of opposites.flat()) expect([type, known.get(type)?.about]).toEqual([type, 'state']);
  });
});
