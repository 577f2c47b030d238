import { fromMs, Refused, type Json, type Role } from '@baton/kernel';
import { leadDecider, type LeadEvent } from '@baton/leads';
import { compileCalendar, startingPolicy } from '@baton/sla-clocks';
import { Access } from '@baton/platform/access';
import { readConfig } from '@baton/platform/config';
import { Runner } from '@baton/platform/runner';
import { serve } from '../apps/api/serve';
import { median, quantile, type Benchmark } from './support';

const LEADS = 100;
const AIM_MS = 1_000;
const TOUCHES = 10_000;
const DECISIONS = 15;
const DECISION_MS = 100;
const HANDOFFS = 200;
const CALENDAR_MS = 1;

/** From the touch that meets the definition of an MQL until the lead is with a rep, on a running server. */
const delays = async (folder: string) => {
  const app = await serve(readConfig({ BATON_DATA_DIR: folder, BATON_PORT: '0', BATON_LOG_LEVEL: 'silent' }));
  const url = `${await app.getUrl()}/graphql`;
  const roles: readonly Role[] = ['revops', 'marketing', 'sales'];
  const tokens = new Map<Role, string>();
  for (const role of roles) tokens.set(role, (await app.get(Access).issue(role, [role], 'bench')).token);
  let sent = 0;
  const ask = async <T>(query: string, variables: object, as: Role = 'revops'): Promise<T> => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${tokens.get(as)}` };
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
    const { data, errors } = (await response.json()) as { data: { it: T }; errors?: unknown };
    if (errors) throw new Error(JSON.stringify(errors));
    return data.it;
  };
  const send = async (command: string, input: object, as?: Role): Promise<void> => {
    const type = `${command.charAt(0).toUpperCase()}${command.slice(1)}Input!`;
    const query = `mutation ($id: ID!, $input: ${type}) { it: ${command}(commandId: $id, input: $input) { ... on Refused { code } } }`;
    const { code } = await ask<{ code?: string }>(query, { id: `c${sent++}`, input }, as);
    if (code) throw new Error(`${command}: ${code}`);
  };
  const bodies = {
    mql: { criteria: { touches: { page: '/product*' }, gte: 2, within: 'P30D' } },
    'sla-policy': startingPolicy([]),
    routing: { handoffOwner: 'hanna', rules: [], otherwise: 'all' },
  };
  for (const [definitionId, body] of Object.entries(bodies)) {
    await send('proposeDefinition', { definitionId, body, reason: 'bench' });
    for (const team of ['marketing', 'sales'] as const)
      await send('approveDefinition', { definitionId, number: 1, team: team.toUpperCase() }, team);
  }
  await send('joinQueue', { routingId: 'all', rep: 'rita', weight: 1 });
  const times: number[] = [];
  for (let n = 0; n < LEADS; n++) {
    const leadId = `lead-${n}`;
    const visit = () => send('recordTouch', { leadId, action: 'page-view', page: '/product', team: 'MARKETING' });
    await send('captureLead', { leadId, source: 'web' });
    await visit();
    await app.get(Runner).catchUp();
    const begin = performance.now();
    await visit();
    const query = 'query ($leadId: ID!) { it: lead(leadId: $leadId) { stage } }';
    while ((await ask<{ stage: string }>(query, { leadId })).stage !== 'HANDED_OFF');
    times.push(performance.now() - begin);
  }
  await app.close();
  const [p50, p99] = [median(times), quantile(times, 0.99)];
  return {
    what: `from the touch that qualifies to the rep, against ${AIM_MS} ms (p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms)`,
    ratio: p99 / AIM_MS,
    rounds: times,
  };
};

/** Handing off a lead with a long history: the decision makes the package for the rep. */
const packages = () => {
  const leadId = 'long';
  const now = fromMs(Date.UTC(2024, 2, 1));
  const past: LeadEvent[] = [{ type: 'LeadCaptured', data: { leadId, company: 'Loom' } }];
  for (let n = 0; n < TOUCHES; n++)
    past.push({ type: 'TouchRecorded', data: { leadId, action: 'page-view', team: 'marketing', page: `/page-${n}` } });
  const evidence: Json = { because: [] };
  past.push({ type: 'LeadQualified', data: { leadId, definition: 'mql@1', evidence } });
  const state = past.reduce(
    (known, event, n) => leadDecider.evolve(known, { ...event, id: `event-${n}`, occurredAt: now }),
    leadDecider.initialState(),
  );
  const command = { type: 'HandOffLead', data: { leadId, rep: 'rita' }, meta: {} } as never;
  const decide = () => {
    const begin = performance.now();
    const facts = leadDecider.decide(state, command, {
      now,
      mode: 'live',
      definition: () => undefined,
      idOf: () => 'decided',
    });
    if (facts instanceof Refused) throw facts;
    return performance.now() - begin;
  };
  decide();
  const times = Array.from({ length: DECISIONS }, decide);
  return {
    what: `handing off a lead of ${TOUCHES} touches, with its package, against ${DECISION_MS} ms (${median(times).toFixed(1)} ms)`,
    ratio: median(times) / DECISION_MS,
    rounds: times,
  };
};

/** The calendar of a handoff: its version is read from the log for each lead, so that its body is a new one. */
const calendars = () => {
  const events = Array.from({ length: 100 }, (_, n) => {
    const day = `${2020 + Math.floor(n / 10)}${String(1 + (n % 10)).padStart(2, '0')}15`;
    return ['BEGIN:VEVENT', `DTSTART;VALUE=DATE:${day}`, `SUMMARY:Holiday ${n}`, 'END:VEVENT'];
  }).flat();
  const holidayFile = ['BEGIN:VCALENDAR', ...events, 'END:VCALENDAR'].join('\r\n');
  const body = {
    timeZone: 'Europe/Berlin',
    hours: [{ days: ['mon', 'tue'] as const, from: '09:00', to: '17:00' }],
    holidayFile,
  };
  const compile = () => {
    const read = JSON.parse(JSON.stringify(body)) as Parameters<typeof compileCalendar>[0];
    const begin = process.cpuUsage();
    compileCalendar(read);
    const { user, system } = process.cpuUsage(begin);
    return (user + system) / 1_000;
  };
  const first = compile();
  const times = Array.from({ length: HANDOFFS }, compile);
  const each = times.reduce((sum, time) => sum + time, 0) / times.length;
  return {
    what: `CPU of the calendar of a handoff, against ${CALENDAR_MS} ms (${each.toFixed(2)} ms; ${first.toFixed(1)} ms for the first)`,
    ratio: each / CALENDAR_MS,
    rounds: times,
  };
};

/** How soon a lead that qualifies is with a rep, and what that takes after a long history. */
export const handoff: Benchmark = async (folder) => [await delays(folder), packages(), calendars()];
