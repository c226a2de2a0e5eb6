import type { FastifyInstance } from 'fastify';
import { ALTERATIONS } from './alterations.ts';
import { RATE_WINDOW_MS } from './arrivals.ts';
import type { ArrivalCounter } from './arrivals.ts';
import type { BehaviourSwitch } from './behaviour.ts';
import { parseFault } from './fault-switch.ts';
import type { FaultSwitch } from './fault-switch.ts';
import { KINDS } from './faults.ts';
import { PRESET_NAMES } from './presets.ts';
import { Refusal } from './refusal.ts';

interface ControlRoutesOptions {
  faults: FaultSwitch;
  operations: ReadonlySet<string>;
  arrivals: ArrivalCounter;
  behaviour: BehaviourSwitch;
}

/** For people at a terminal, and for other processes: `npm run sandbox -- --help` shows how. */
export function addControlRoutes(app: FastifyInstance, options: ControlRoutesOptions): void {
  app.get('/_sandbox', () => ({
    operations: [...options.operations],
    kinds: KINDS,
    presets: PRESET_NAMES,
    behaviour: options.behaviour.fields,
    alterations: ALTERATIONS,
  }));
  addFaultRoutes(app, options);
  addBehaviourRoutes(app, options.behaviour);
  addArrivalRoutes(app, options.arrivals);
}

type AtOperation = { Params: { operation: string } };

function addFaultRoutes(
  app: FastifyInstance,
  { faults, operations }: Pick<ControlRoutesOptions, 'faults' | 'operations'>,
): void {
  app.get('/_sandbox/faults', () => faults.entries());
  app.put<AtOperation>('/_sandbox/faults/:operation', ({ params: { operation }, body }) => {
    if (operation !== '*' && !operations.has(operation)) {
      throw new Refusal(404, `Unknown operation; there are *, ${[...operations].join(', ')}`);
    }
    faults.set(operation, parseFault(body));
    return faults.entries();
  });
  app.delete<AtOperation>('/_sandbox/faults/:operation', ({ params: { operation } }) => {
    faults.clear(operation === 'all' ? undefined : operation);
    return faults.entries();
  });
}

function addBehaviourRoutes(app: FastifyInstance, behaviour: BehaviourSwitch): void {
  app.get('/_sandbox/behaviour', () => behaviour.current);
  app.put('/_sandbox/behaviour', ({ body }) => {
    behaviour.change(body);
    return behaviour.current;
  });
  app.delete('/_sandbox/behaviour', () => {
    behaviour.reset();
    return behaviour.current;
  });
}

function addArrivalRoutes(app: FastifyInstance, arrivals: ArrivalCounter): void {
  const show = () => {
    const { total, byOperation, refused429, mostIn } = arrivals.read();
    return { total, mostIn10s: mostIn(RATE_WINDOW_MS), byOperation, refused429 };
  };
  app.get('/_sandbox/arrivals', show);
  app.delete('/_sandbox/arrivals', () => {
    arrivals.reset();
    return show();
  });
}
