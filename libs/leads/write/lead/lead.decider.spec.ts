import { Refused, type Definition, type Json } from '@baton/kernel';
import { specFor } from '@baton/kernel/testing';
import { leadDecider } from './lead.decider';
import { leadCommands, type LeadCommand, type LeadEvent } from './lead.events';
import { stageNames, type CapturedLead, type StageName } from './lead.model';

const given = specFor(leadDecider);
const NOW = '2024-01-01T00:00:00.000Z';
const BEFORE = '2023-12-01T00:00:00.000Z';
const LATER = '2024-02-01T00:00:00.000Z';
const mql: Definition = { kind: 'mql', version: 3, ref: 'mql@3', body: {} };
const sql: Definition = { kind: 'sql', version: 1, ref: 'sql@1', body: {} };
/** The sender of the crm's decisions. */
const crm = { meta: { actor: 'connector:crm', origin: 'connector' } } as const;
const leadId = 'ada';
const rep = 'rita';

const captured = { type: 'LeadCaptured', data: { leadId, source: 'web' } } as const;
const qualified = { type: 'LeadQualified', data: { leadId, definition: 'mql@3' } } as const;
const handedOff = { type: 'LeadHandedOff', data: { leadId, rep, definition: 'mql@3', count: 1 } } as const;
/** As decided: with its package. */
const handedOver = { ...handedOff, data: { ...handedOff.data, package: expect.anything() as Json } };
const accepted = { type: 'LeadAccepted', data: { leadId, rep, definition: 'mql@3' } } as const;
const rejected = { type: 'LeadRejected', data: { leadId, definition: 'mql@3', reason: 'no-need' } } as const;
const recycled = { type: 'LeadRecycled', data: { leadId, reason: 'no-budget' } } as const;
const salesQualified = { type: 'LeadSalesQualified', data: { leadId, definition: 'sql@1', budget: '10k' } } as const;
const converted = { type: 'LeadConverted', data: { leadId, opportunityId: 'o1', definition: 'sql@1' } } as const;
const won = { type: 'LeadBecameCustomer', data: { leadId, opportunityId: 'o1' } } as const;
const disqualified = { type: 'LeadDisqualified', data: { leadId, reason: 'spam' } } as const;
const touch = { leadId, action: 'page-view', team: 'marketing' } as const;
const record = { type: 'RecordTouch', data: touch } as const;
const touched = { type: 'TouchRecorded', data: touch } as const;
const lostDeal = (opportunityId: string) => ({ type: 'LeadOpportunityLost', data: { leadId, opportunityId } }) as const;
const wonDeal = (opportunityId: string) => ({ type: 'LeadOpportunityWon', data: { leadId, opportunityId } }) as const;
const reopenedDeal = (opportunityId: string) =>
  ({ type: 'LeadOpportunityReopened', data: { leadId, opportunityId } }) as const;
const backOn = (opportunityId: string) =>
  ({ type: 'LeadReturnedToOpportunity', data: { leadId, opportunityId } }) as const;
const dealLost = { type: 'LeadRecycled', data: { leadId, reason: 'deal-lost' } } as const;
const joined = (opportunityId: string) => ({ type: 'LeadJoinedOpportunity', data: { leadId, opportunityId } }) as const;
const reengaged = (cause: 'touch' | 'date') => ({ type: 'LeadReengaged', data: { leadId, cause } }) as const;
const mergedInto = { type: 'LeadMergedInto', data: { leadId, survivorId: 'bea', mergeNumber: 0 } } as const;

const stages: Readonly<Record<StageName, readonly LeadEvent[]>> = {
  lead: [captured],
  mql: [captured, qualified],
  'handed-off': [captured, qualified, handedOff],
  sal: [captured, qualified, handedOff, accepted],
  sql: [captured, qualified, handedOff, accepted, salesQualified],
  opportunity: [captured, qualified, handedOff, accepted, salesQualified, converted],
  customer: [captured, qualified, handedOff, accepted, salesQualified, converted, won],
  rejected: [captured, qualified, handedOff, rejected],
  recycled: [captured, qualified, handedOff, recycled],
  disqualified: [captured, disqualified],
};

/** Each move with the stages it is allowed from, and the code elsewhere. */
const asked = [
  [{ type: 'QualifyLead', data: { leadId } }, ['lead'], qualified, 'lead/not-open'],
  [{ type: 'HandOffLead', data: { leadId, rep } }, ['mql'], handedOver, 'lead/not-qualified'],
  [{ type: 'AcceptLead', data: { leadId } }, ['handed-off'], accepted, 'lead/not-handed-off'],
  [{ type: 'RejectLead', data: { leadId, reason: 'no-need' } }, ['handed-off', 'sal'], rejected, 'lead/not-handed-off'],
  [{ type: 'RecycleLead', data: recycled.data }, ['handed-off', 'sal', 'sql'], recycled, 'lead/not-with-sales'],
  [{ type: 'SalesQualifyLead', data: { leadId, budget: '10k' } }, ['sal'], salesQualified, 'lead/not-accepted'],
  [{ type: 'ConvertLead', data: { leadId, opportunityId: 'o1' } }, ['sql'], converted, 'lead/not-sales-qualified'],
  [
    { type: 'DisqualifyLead', data: disqualified.data },
    stageNames.filter((stage) => stage !== 'disqualified'),
    disqualified,
    '',
  ],
] as const;

const stageAfter: Partial<Record<LeadEvent['type'], readonly StageName[]>> = {
  LeadQualified: ['mql'],
  LeadHandedOff: ['handed-off'],
  LeadAccepted: ['sal'],
  LeadRejected: ['rejected'],
  LeadRecycled: ['recycled'],
  LeadSalesQualified: ['sql'],
  LeadConverted: ['opportunity', 'customer'], // the same deal again
  LeadDisqualified: ['disqualified'],
};

describe('the lifecycle', () => {
  for (const [command, from, event, code] of asked) {
    const names: readonly StageName[] = from;
    describe(command.type, () => {
      for (const stage of stageNames) {
        const told = given(...stages[stage])
          .under(mql, sql)
          .when(command);
        if (names.includes(stage)) it(`moves on from ${stage}`, () => told.then(event));
        else if (stageAfter[event.type]!.includes(stage)) it(`changes nothing at ${stage}`, () => told.then());
        else
          it(`is refused at ${stage}`, () => told.thenRefused(stage === 'disqualified' ? 'lead/disqualified' : code));
      }
      it('is refused for an unknown lead', () => given().when(command).thenRefused('lead/unknown', 'leadId'));
      it('is refused on a merged lead, naming the survivor', () => {
        const refused = given(...stages.sal, mergedInto)
          .when(command)
          .decided();
        expect(refused).toMatchObject({ code: 'lead/merged', details: { survivorId: 'bea' } });
      });
      it('of another system leaves any stage but disqualified, flagged as external', () => {
        for (const stage of stageNames) {
          const past = {
            ...crm,
            type: command.type,
            data: { ...command.data, external: 'crm' },
          } as unknown as typeof command;
          const facts = given(...stages[stage])
            .when(past)
            .decided();
          if (stage === 'disqualified' && event.type !== 'LeadDisqualified')
            expect(facts).toMatchObject({ code: 'lead/disqualified' });
          else if (stageAfter[event.type]!.includes(stage)) expect(facts).toEqual([]);
          else {
            expect(facts).toMatchObject([{ type: event.type, data: { external: true } }]);
            const [{ data, type }] = facts as [LeadEvent];
            expect(data).not.toHaveProperty('external', 'crm');
            expect(leadDecider.events.schemas.get(type)!.faultOf(data)).toBeUndefined();
            if ('definition' in event.data) expect(data).toHaveProperty('definition', 'external:crm');
          }
        }
      });
    });
  }
  it('qualifies under a definition of both teams', () => {
    given(captured).when({ type: 'QualifyLead', data: { leadId } }).thenRefused('lead/no-definition');
    given(...stages.sal)
      .under(mql)
      .when({ type: 'SalesQualifyLead', data: { leadId, need: 'speed' } })
      .thenRefused('lead/no-definition');
  });
  it('counts the handoffs', () =>
    given(...stages.recycled, reengaged('touch'), qualified)
      .when({ type: 'HandOffLead', data: { leadId, rep: 'raj' } })
      .then({ type: 'LeadHandedOff', data: { ...handedOver.data, rep: 'raj', count: 2 } }));
  it('keeps a handed-off lead with its rep', () =>
    given(...stages['handed-off'])
      .when({ type: 'HandOffLead', data: { leadId, rep: 'raj' } })
      .thenRefused('lead/already-handed-off', 'rep'));
  describe('a rep that a queue chose', () => {
    const routed = { type: 'HandOffRoutedLead', data: { leadId, rep, queue: 'all', choice: 'c1' } } as const;
    const handed = { ...handedOff, data: { ...handedOff.data, queue: 'all', choice: 'c1' } };
    const lapsed = { type: 'LeadRoutingCancelled', data: { leadId, queue: 'all', choice: 'c1' } } as const;
    it('gets the lead that waits for one', () =>
      given(...stages.mql)
        .when(routed)
        .then({ ...handed, data: { ...handed.data, package: expect.anything() as Json } }));
    it('gets it once', () => given(captured, qualified, handed).when(routed).then());
    it('is refused for an unknown lead', () => given().when(routed).thenRefused('lead/unknown', 'leadId'));
    for (const stage of stageNames.filter((name) => name !== 'mql'))
      it(`is too late at ${stage}`, () =>
        given(...stages[stage])
          .when(routed)
          .then(lapsed));
    it('is too late for a merged lead', () =>
      given(...stages.mql, mergedInto)
        .when(routed)
        .then(lapsed));
  });
  it('requires at least one answer to qualify for sales', () =>
    given(...stages.sal)
      .under(sql)
      .when({ type: 'SalesQualifyLead', data: { leadId, need: ' \u200b' } })
      .thenRefused('lead/no-answers'));
  it('accepts past moves of another system in any order, each as a valid event', () =>
    given(captured, {
      type: 'LeadSalesQualified',
      data: { leadId, definition: 'external:crm', external: true },
    })
      .when({ ...crm, type: 'AcceptLead', data: { leadId, external: 'crm' } })
      .then({
        type: 'LeadAccepted',
        data: { leadId, rep: 'connector:crm', definition: 'external:crm', external: true },
      }));
  it('accepts a second deal only from another system', () => {
    const second = { leadId, opportunityId: 'o2' };
    const scene = given(...stages.opportunity);
    scene.when({ type: 'ConvertLead', data: second }).thenRefused('lead/not-sales-qualified');
    scene.when({ ...crm, type: 'ConvertLead', data: { ...second, external: 'crm' } }).then({
      type: 'LeadConverted',
      data: { ...second, definition: 'external:crm', external: true },
    });
  });
});

describe('a rejection', () => {
  const reject = (reason: string, note?: string) =>
    ({ type: 'RejectLead', data: { leadId, reason, ...(note !== undefined && { note }) } }) as const;
  const scene = given(...stages['handed-off']);
  it('requires a reason of the agreed list', () =>
    scene.when(reject('bored')).thenRefused('lead/unknown-reason', 'reason'));
  it('of another reason requires a note', () =>
    scene.when(reject('other', ' \ufeff')).thenRefused('lead/note-needed', 'note'));
  it('keeps the note', () =>
    scene.when(reject('other', 'moved away')).then({
      ...rejected,
      data: { ...rejected.data, reason: 'other', note: 'moved away' },
    }));
  it('follows the reasons in force', () => {
    const ours = {
      kind: 'rejection-reasons',
      version: 1,
      ref: 'rejection-reasons@1',
      body: { reasons: [{ code: 'bored' }] },
    };
    const agreed = scene.under(ours);
    agreed.when(reject('no-need')).thenRefused('lead/unknown-reason');
    agreed.when(reject('bored')).then({ ...rejected, data: { ...rejected.data, reason: 'bored' } });
  });
});

describe('a touch', () => {
  it('is recorded', () => given(captured).when(record).then(touched));
  it('is recorded as often as it is sent', () => given(captured, touched).when(record).then(touched));
  it('of an unknown lead is refused', () => given().when(record).thenRefused('lead/unknown'));
  it('is stamped with the deals of the person', () =>
    given(...stages.opportunity, joined('o2'), { type: 'LeadLeftOpportunity', data: { leadId, opportunityId: 'o1' } })
      .when(record)
      .then({ ...touched, data: { ...touch, opportunityIds: ['o2'] } }));
  it.each(['recycled', 'rejected'] as const)('re-engages a %s lead', (stage) =>
    given(...stages[stage])
      .when(record)
      .then(touched, reengaged('touch')),
  );
  it('before the return does not', () =>
    given(captured, { ...recycled, occurredAt: NOW })
      .at(BEFORE)
      .when(record)
      .then(touched));
  it('is still recorded on a merged lead, and names the survivor that it is copied to', () =>
    given(captured, mergedInto)
      .when(record)
      .then({ ...touched, data: { ...touched.data, survivorId: mergedInto.data.survivorId } }));
  it('is kept in short form, for later definitions', () => {
    const { person } = given(...stages.sql, {
      ...touched,
      data: { ...touch, page: '/', source: 'x' },
    }).state() as CapturedLead;
    expect(person.touches.length).toBe(1);
    expect(person.touches.at(0)).toEqual({ id: 'event-5', at: NOW, action: 'page-view', page: '/' });
  });
});

describe('the re-engage date', () => {
  const until = { ...recycled, data: { ...recycled.data, reengageAt: LATER }, occurredAt: NOW };
  const given2 = given(captured, qualified, handedOff, until);
  const pass = { type: 'AdvanceClock', data: { leadId } } as const;
  it('re-engages the lead when it comes', () =>
    given2
      .at(LATER)
      .when(pass)
      .then({ ...reengaged('date'), occurredAt: LATER }));
  it('does nothing before', () => given2.at('2024-01-31T23:59:59.999Z').when(pass).then());
  it('does it once', () => given(captured, until, reengaged('date')).at('2024-03-01T00:00:00.000Z').when(pass).then());
  it('is dropped when a touch comes first', () =>
    given(captured, until, touched, reengaged('touch')).at('2024-03-01T00:00:00.000Z').when(pass).then());
  it('precedes a touch that comes after it', () =>
    given2
      .at('2024-02-02T00:00:00.000Z')
      .when(record)
      .then({ ...reengaged('date'), occurredAt: LATER }, touched));
  it('is after the return to marketing', () =>
    given(...stages.sal)
      .when({ type: 'RecycleLead', data: { ...recycled.data, reengageAt: NOW } })
      .thenRefused('lead/reengage-too-early', 'reengageAt'));
});

describe('a capture', () => {
  const capture = { type: 'CaptureLead', data: captured.data } as const;
  const released = { type: 'LeadIdReleased', data: { leadId } } as const;
  const release = { type: 'ReleaseLeadId', data: { leadId } } as const;
  it('records the person', () => given().when(capture).then(captured));
  it('of a known person is refused', () => given(captured).when(capture).thenRefused('lead/already-captured'));
  it('under a released id is refused', () => given(released).when(capture).thenRefused('lead/id-released'));
  it('cannot precede the release of the id', () => given().when(release).then(released));
  it('keeps its id', () => given(captured).when(release).thenRefused('lead/already-captured'));
  it('is released once', () => given(released).when(release).then());
});

describe('a profile', () => {
  it('changes', () =>
    given(captured)
      .when({ type: 'UpdateLead', data: { leadId, title: 'CTO' } })
      .then({ type: 'LeadProfileChanged', data: { leadId, title: 'CTO' } }));
  const on = (day: number) => `2024-03-${String(day).padStart(2, '0')}T00:00:00.000Z`;
  const changed = { type: 'LeadProfileChanged', data: { leadId, title: 'CFO', employees: 500 } } as const;
  it('recorded late is stored, and a later fact stays in force', () => {
    const scene = given({ ...captured, occurredAt: on(1) }, { ...changed, occurredAt: on(20) });
    const late = { type: 'LeadProfileChanged', data: { leadId, title: 'Manager' } } as const;
    scene
      .at(on(10))
      .when({ type: 'UpdateLead', data: { leadId, title: 'Manager' } })
      .then(late);
    const after = given(
      { ...captured, occurredAt: on(1) },
      { ...changed, occurredAt: on(20) },
      { ...late, occurredAt: on(10) },
    );
    expect(after.state()).toMatchObject({ person: { profile: { title: 'CFO', employees: 500 } } });
    after
      .at(on(10))
      .when({ type: 'UpdateLead', data: { leadId, title: 'Manager' } })
      .then();
    after
      .at(on(15))
      .when({ type: 'UpdateLead', data: { leadId, title: 'Manager', company: 'Acme' } })
      .then({ type: 'LeadProfileChanged', data: { leadId, company: 'Acme' } });
  });
  it('writes personal facts in any case: they cannot be compared', () => {
    const update = { type: 'UpdateLead', data: { leadId, name: 'Ada', title: 'CFO' } } as const;
    given(captured, changed)
      .when(update)
      .then({ type: 'LeadProfileChanged', data: { leadId, name: 'Ada', personalFacts: ['name'] } });
  });
  it('is cleared by name, and criteria and packages do not see it', () => {
    const named = { type: 'LeadProfileChanged', data: { leadId, name: 'Ada', personalFacts: ['name'] } } as LeadEvent;
    const cleared = { type: 'LeadFactsCleared', data: { leadId, facts: ['title', 'name'] } } as LeadEvent;
    const clear: LeadCommand['data'] & object = { leadId, facts: ['title', 'name', 'region', 'title'] };
    const command = { type: 'ClearLeadFact', data: clear as { leadId: string; facts: ['title'] } } as const;
    given(captured, changed, named).when(command).then(cleared);
    given(captured, changed, named, cleared).when(command).then();
    expect(given(captured, changed, named, cleared).state()).toMatchObject({
      person: { profile: { employees: 500 }, personalFacts: [] },
    });
    expect(given(captured, changed, named, cleared).state()).not.toHaveProperty('person.profile.title');
    given(captured)
      .when({ type: 'ClearLeadFact', data: { leadId, facts: [] } })
      .thenRefused('lead/nothing-to-change', 'facts');
  });
  it('without changes is refused', () =>
    given(captured).when({ type: 'UpdateLead', data: { leadId } }).thenRefused('lead/nothing-to-change'));
});

describe('a merge', () => {
  const record = { type: 'RecordMerge', data: { leadId, mergedLeadId: 'bea', mergeNumber: 3 } } as const;
  const merged = { type: 'LeadMerged', data: record.data } as const;
  const again = { ...record.data, mergeNumber: 4 };
  const unmerge = { type: 'UnmergeLead', data: { leadId, mergedLeadId: 'bea' } } as const;
  const unmerged = { type: 'LeadUnmerged', data: record.data } as const;
  const follow = { type: 'FollowMerge', data: mergedInto.data } as const;
  const unfollow = { type: 'FollowUnmerge', data: mergedInto.data } as const;
  const unmergedFrom = { type: 'LeadUnmergedFrom', data: mergedInto.data } as const;

  it('is not recorded unless it was reserved', () =>
    given(captured).when({ type: 'MergeLead', data: unmerge.data }).thenRefused('lead/merge-not-reserved'));
  it('is recorded on the survivor', () => given(captured).when(record).then(merged));
  it('is recorded once', () => given(captured, merged).when(record).then());
  it('is not recorded after it was undone, however late', () => given(captured, merged, unmerged).when(record).then());
  it('can be made again after it was undone', () =>
    given(captured, merged, unmerged)
      .when({ ...record, data: again })
      .then({ ...merged, data: again }));
  it('is recorded on a survivor that was merged itself meanwhile', () =>
    given(captured, mergedInto).when(record).then(merged));
  it('is undone', () => given(captured, merged).when(unmerge).then(unmerged));
  it('is undone once', () => given(captured, merged, unmerged).when(unmerge).then());
  it('that does not exist is not undone', () => given(captured).when(unmerge).thenRefused('lead/not-merged'));
  it('does not confuse ids with names of Object.prototype', () =>
    given(captured)
      .when({ ...unmerge, data: { leadId, mergedLeadId: 'constructor' } })
      .thenRefused('lead/not-merged'));
  it('is recorded by the other lead', () => given(captured).when(follow).then(mergedInto));
  it('is recorded once', () => given(captured, mergedInto).when(follow).then());
  it('is not recorded after its unmerge', () => given(captured, mergedInto, unmergedFrom).when(follow).then());
  it('into a second survivor is refused', () =>
    given(captured, mergedInto)
      .when({ ...follow, data: { leadId, survivorId: 'cy', mergeNumber: 9 } })
      .thenRefused('lead/merged'));
  it('is removed when it is undone', () => given(captured, mergedInto).when(unfollow).then(unmergedFrom));
  it('is removed once', () => given(captured, mergedInto, unmergedFrom).when(unfollow).then());
  it('is not removed by an earlier one', () => {
    const later = { ...mergedInto, data: { ...mergedInto.data, mergeNumber: 1 } };
    given(captured, mergedInto, unmergedFrom, later).when(unfollow).then();
  });
  it('restores the stage when it is undone', () => {
    for (const stage of stageNames) {
      const apart = given(...stages[stage], mergedInto, unmergedFrom).state() as CapturedLead;
      const { mergeNumber, ...person } = apart.person;
      expect(mergeNumber).toBe(0);
      expect({ ...apart, person }).toEqual(given(...stages[stage]).state());
    }
  });
});

describe('a deal of the lead', () => {
  const note = (how: 'Won' | 'Lost' | 'Reopened', opportunityId = 'o1') =>
    ({ type: `NoteOpportunity${how}`, data: { leadId, opportunityId } }) as Extract<
      LeadCommand,
      { type: `NoteOpportunity${'Won' | 'Lost' | 'Reopened'}` }
    >;
  it('that is won makes it a customer', () =>
    given(...stages.opportunity)
      .when(note('Won'))
      .then(won));
  it('that is won twice makes it a customer once', () =>
    given(...stages.customer)
      .when(note('Won'))
      .then());
  it('that is won after its loss moves the lead back', () =>
    given(...stages.opportunity, lostDeal('o1'), recycled)
      .when(note('Won'))
      .then(won));
  it('that another lead converted does not move it', () =>
    given(...stages.sql, joined('o9'))
      .when(note('Won', 'o9'))
      .then(wonDeal('o9')));
  it('that is won does not move a disqualified lead', () =>
    given(...stages.opportunity, disqualified)
      .when(note('Won'))
      .then(wonDeal('o1')));
  it('that was won before the conversion makes it a customer at its conversion', () =>
    given(...stages.sql, joined('o9'), wonDeal('o9'))
      .when({ type: 'ConvertLead', data: { leadId, opportunityId: 'o1' } })
      .then(converted, { ...won, data: { leadId, opportunityId: 'o9' } }));
  it('that was lost before the conversion recycles it at once', () =>
    given(...stages.sql, joined('o1'), lostDeal('o1'))
      .when({ type: 'ConvertLead', data: { leadId, opportunityId: 'o1' } })
      .then(converted, dealLost));
  it('that is reopened moves it back', () =>
    given(...stages.opportunity, lostDeal('o1'), dealLost)
      .when(note('Reopened'))
      .then(reopenedDeal('o1'), backOn('o1')));
  it('that is reopened moves it back from any stage reached since', () =>
    given(...stages.opportunity, lostDeal('o1'), dealLost, { type: 'LeadReengaged', data: { leadId, cause: 'touch' } })
      .when(note('Reopened'))
      .then(reopenedDeal('o1'), backOn('o1')));
  it('that is reopened after its win moves a customer back, unless another deal was won', () => {
    given(...stages.customer)
      .when(note('Reopened'))
      .then(reopenedDeal('o1'), backOn('o1'));
    given(...stages.customer, joined('o2'), wonDeal('o2'))
      .when(note('Reopened'))
      .then(reopenedDeal('o1'));
  });
  it('that is left, the only open one, recycles it', () =>
    given(...stages.opportunity)
      .when({ type: 'LeaveOpportunity', data: { leadId, opportunityId: 'o1' } })
      .then(
        { type: 'LeadLeftOpportunity', data: { leadId, opportunityId: 'o1' } },
        { type: 'LeadRecycled', data: { leadId, reason: 'deal-left' } },
      ));
  it('that is left after its win keeps it a customer', () =>
    given(...stages.customer)
      .when({ type: 'LeaveOpportunity', data: { leadId, opportunityId: 'o1', tookPart: true } })
      .then({ type: 'LeadLeftOpportunity', data: { leadId, opportunityId: 'o1', tookPart: true } }));
  it('that is lost, the last one, leaves a customer with another won deal', () =>
    given(...stages.opportunity, joined('o2'), lostDeal('o1'))
      .when(note('Won', 'o2'))
      .then({ ...won, data: { leadId, opportunityId: 'o2' } }));
  it('that is lost, the last one, recycles it', () =>
    given(...stages.opportunity)
      .when(note('Lost'))
      .then(lostDeal('o1'), dealLost));
  it('that is lost does not move it while another is open', () =>
    given(...stages.opportunity, joined('o2'))
      .when(note('Lost'))
      .then(lostDeal('o1')));
  it('that is lost after another was won keeps it a customer', () => {
    const again = { ...converted, data: { ...converted.data, opportunityId: 'o2', external: true } } as const;
    given(...stages.customer, again)
      .when(note('Lost', 'o2'))
      .then(lostDeal('o2'));
    expect(given(...stages.customer, again).state().stage).toBe('customer');
  });
  it('that is lost twice is recorded once', () =>
    given(...stages.opportunity, joined('o2'), lostDeal('o1'))
      .when(note('Lost'))
      .then());
  it('is ignored for a lead that is not captured yet', () => given().when(note('Lost')).then());

  const join = { type: 'JoinOpportunity', data: { leadId, opportunityId: 'o1', role: 'champion' } } as const;
  const joinedAs = { type: 'LeadJoinedOpportunity', data: join.data } as const;
  const leave = { type: 'LeaveOpportunity', data: { leadId, opportunityId: 'o1' } } as const;
  const left = { type: 'LeadLeftOpportunity', data: leave.data } as const;
  it('is joined', () =>
    given(...stages.opportunity)
      .when(join)
      .then(joinedAs));
  it('is joined once in a role', () => given(captured, joinedAs).when(join).then());
  it('is joined with another role', () => given(captured, joined('o1')).when(join).then(joinedAs));
  it('is left', () => given(captured, joinedAs).when(leave).then(left));
  it('is left once', () => given(captured, joinedAs, left).when(leave).then());
  const named = { type: 'LeadNamed', data: { leadId, opportunityId: 'o1' } } as const;
  it('that refers to a lead before its capture is kept until then', () => given().when(join).then(named));
  it('that referred to a lead is joined once it is captured', () => given(named, captured).when(join).then(joinedAs));
  it('captures nobody', () => given(named).when({ type: 'RecordTouch', data: touch }).thenRefused('lead/unknown'));
});

describe('a visitor', () => {
  const link = { type: 'LinkVisitor', data: { leadId, visitorId: 'v1' } } as const;
  const linked = { type: 'LeadVisitorLinked', data: link.data } as const;
  it('is linked', () => given(captured).when(link).then(linked));
  it('is linked once', () => given(captured, linked).when(link).then());
  it('that is identified before the capture is kept until then', () =>
    given()
      .when(link)
      .then({ type: 'LeadNamed', data: { leadId, visitorId: 'v1' } }));
});

it('refuses a value that is not a lead command', () => {
  const refused = given(captured)
    .when({ type: 'RecordTouch', data: { leadId, action: 'call', team: 'legal' as 'sales' } })
    .decided();
  expect(refused).toBeInstanceOf(Refused);
  expect(refused).toMatchObject({ code: 'command/invalid', path: 'team' });
});

describe('every command on a lead', () => {
  it('may be dated', () => expect([...leadCommands.schemas.values()].filter(({ datable }) => !datable)).toEqual([]));
});
