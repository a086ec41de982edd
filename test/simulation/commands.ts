import * as fc from 'fast-check';

/** What may happen to phones and server, as plain objects: they shrink well and print as a script, one line each. */

export const COLLECTIONS = [
  'routines',
  'supersets',
  'routineExercises',
  'sessions',
  'phaseStats',
  'records',
  'badges',
  'gamificationStats',
] as const;
export type SimCollection = (typeof COLLECTIONS)[number];

export interface Edit {
  collection: SimCollection;
  /** Which of the records the phone has; beyond them: a new one. */
  record: number;
  /** Which of the parents it has; beyond them: one that it does not have. */
  parent: number;
  kind: 'save' | 'remove' | 'spoil';
}

/** What goes wrong with one request of a sync. */
export type LineFault =
  | 'request lost'
  | 'answer lost'
  | 'timeout after the server has done it'
  | 'request delayed'
  | 'sent three times at once'
  | 'stopped before it';

/** What goes wrong with one transaction of the phone's store. */
export type StoreFault = 'disk full' | 'dies before the commit' | 'dies after the commit';

export interface Trouble {
  /** The n-th push, pull or transaction of the sync. */
  at: number;
  push?: LineFault;
  pull?: LineFault;
  store?: StoreFault;
}

export interface Sync {
  phone: number;
  trouble: Trouble | null;
  /** Made while its first push or pull is under way. */
  meanwhile: Edit | null;
  callers: 1 | 2;
}

export type Command =
  | ({ do: 'edit'; phone: number } & Edit)
  | ({ do: 'sync' } & Sync)
  /** The push of one phone is under way while a second syncs and a third pulls. */
  | { do: 'overlap'; phones: [number, number, number] }
  | { do: 'back up' | 'restore' | 'restart' | 'clone' | 'sign in elsewhere' | 'move account'; phone: number }
  /** The phone is wiped and signed in to another account, but keeps its cursor. */
  | { do: 'switch account'; phone: number }
  | { do: 'reinstall'; phone: number; keeps: 'device id' | 'nothing' }
  | { do: 'set clock'; phone: number; minutes: number }
  | { do: 'repeat a request' | 'delayed requests arrive'; request: number }
  | { do: 'restore version'; phone: number; record: number; version: number }
  | { do: 'back up the server' | 'restore the server' | 'twenty minutes pass' };

const phone = fc.nat(3);
const collection = fc.constantFrom(...COLLECTIONS, 'routines', 'supersets', 'badges');
const edit: fc.Arbitrary<Edit> = fc.record({
  collection,
  record: fc.nat(4),
  parent: fc.nat(3),
  kind: fc.oneof(
    { weight: 8, arbitrary: fc.constant('save' as const) },
    { weight: 3, arbitrary: fc.constant('remove' as const) },
    { weight: 1, arbitrary: fc.constant('spoil' as const) },
  ),
});

const lineFault = fc.constantFrom<LineFault>(
  'request lost',
  'answer lost',
  'answer lost',
  'timeout after the server has done it',
  'request delayed',
  'sent three times at once',
  'stopped before it',
);
const storeFault = fc.constantFrom<StoreFault>(
  'disk full',
  'dies before the commit',
  'dies after the commit',
);

const trouble: fc.Arbitrary<Trouble> = fc.oneof(
  fc.record({ at: fc.nat(1), push: lineFault }),
  fc.record({ at: fc.nat(2), pull: lineFault }),
  fc.record({ at: fc.nat(4), store: storeFault }),
);

const sync = fc.record({
  phone,
  trouble: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 2, arbitrary: trouble }),
  meanwhile: fc.oneof({ weight: 6, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: edit }),
  callers: fc.oneof(
    { weight: 8, arbitrary: fc.constant(1 as const) },
    { weight: 1, arbitrary: fc.constant(2 as const) },
  ),
});

const rare = fc.oneof(
  fc.record({
    do: fc.constantFrom(
      'back up' as const,
      'restore' as const,
      'restore' as const,
      'restart' as const,
      'clone' as const,
      'sign in elsewhere' as const,
      'move account' as const,
    ),
    phone,
  }),
  fc.record({
    do: fc.constant('reinstall' as const),
    phone,
    keeps: fc.constantFrom('device id' as const, 'nothing' as const),
  }),
  fc.record({ do: fc.constant('set clock' as const), phone, minutes: fc.constantFrom(-10, 0, 10) }),
  fc.record({
    do: fc.constantFrom('repeat a request' as const, 'delayed requests arrive' as const),
    request: fc.nat(30),
  }),
  fc.record({
    do: fc.constant('restore version' as const),
    phone,
    record: fc.nat(6),
    version: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({
    do: fc.constantFrom(
      'back up the server' as const,
      'back up the server' as const,
      'restore the server' as const,
      'restore the server' as const,
      'restore the server' as const,
      'twenty minutes pass' as const,
    ),
  }),
);

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 9,
    arbitrary: edit.chain((made) => phone.map((n) => ({ do: 'edit' as const, phone: n, ...made }))),
  },
  { weight: 9, arbitrary: sync.map((made) => ({ do: 'sync' as const, ...made })) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('overlap' as const), phones: fc.tuple(phone, phone, phone) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('switch account' as const), phone }) },
  { weight: 5, arbitrary: rare },
);

export interface Script {
  /** How many phones there are in the beginning; the third belongs to another account. */
  phones: number;
  commands: Command[];
}

export const scripts: fc.Arbitrary<Script> = fc.record({
  phones: fc.constantFrom(2, 3, 3, 4),
  commands: fc.array(command, { minLength: 2, maxLength: 40 }),
});

const lineOfEdit = ({ kind, collection, record, parent }: Edit): string => {
  const what = { save: 'edits', remove: 'deletes', spoil: 'spoils' }[kind];
  return `${what} ${collection} ${record}${kind === 'save' ? ` (of parent ${parent})` : ''}`;
};

function lineOfTrouble({ at, push, pull, store }: Trouble): string {
  if (store) return `${store} of transaction ${at}`;
  return `${push ? 'push' : 'pull'} ${at}: ${String(push ?? pull)}`;
}

function lineOfSync({ trouble, meanwhile, callers }: Sync): string {
  const details = [
    ...(trouble ? [lineOfTrouble(trouble)] : []),
    ...(meanwhile ? [`meanwhile it ${lineOfEdit(meanwhile)}`] : []),
    ...(callers === 2 ? ['two callers at once'] : []),
  ];
  return details.length === 0 ? 'syncs' : `syncs (${details.join('; ')})`;
}

export function lineOf(command: Command): string {
  switch (command.do) {
    case 'edit':
      return `phone ${command.phone}: ${lineOfEdit(command)}`;
    case 'sync':
      return `phone ${command.phone}: ${lineOfSync(command)}`;
    case 'overlap': {
      const [first, second, third] = command.phones;
      return `phone ${first}: its push is under way while phone ${second} syncs and phone ${third} pulls`;
    }
    case 'reinstall':
      return `phone ${command.phone}: reinstalled, keeps ${command.keeps === 'nothing' ? 'nothing' : `only its ${command.keeps}`}`;
    case 'switch account':
      return `phone ${command.phone}: wiped and signed in to the other account, but keeps its cursor`;
    case 'set clock':
      return `phone ${command.phone}: its clock is set to ${command.minutes} minutes off`;
    case 'repeat a request':
    case 'delayed requests arrive':
      return `${command.do} (${command.request})`;
    case 'restore version':
      return `portal: restores version ${command.version} of record ${command.record} of phone ${command.phone}`;
    default:
      return 'phone' in command ? `phone ${command.phone}: ${command.do}` : command.do;
  }
}
