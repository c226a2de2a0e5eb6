import { z } from 'zod';

/** The provider's pages show all three. */
export type EnvelopeKind = 'result' | 'data' | 'bare';

export interface Envelope {
  wrap: (payload: unknown) => unknown;
  /** Changes what is in the envelope and nothing around it. */
  edit: (answer: unknown, edit: (payload: unknown) => unknown) => unknown;
}

const object = z.record(z.string(), z.unknown());

export function createEnvelope(kind: EnvelopeKind): Envelope {
  const success = { message: 'Success', success: true };
  switch (kind) {
    case 'result':
      return {
        wrap: (result) => ({ ...success, result, code: 200, statusMessage: 'OK' }),
        edit: (answer, edit) => editField(answer, 'result', edit),
      };
    case 'data':
      return {
        wrap: (data) => ({ ...success, data }),
        edit: (answer, edit) => editField(answer, 'data', edit),
      };
    case 'bare':
      return { wrap: (payload) => payload, edit: (answer, edit) => edit(answer) };
  }
}

export function editField(
  holder: unknown,
  field: string,
  edit: (value: unknown) => unknown,
): Record<string, unknown> {
  const fields = object.parse(holder);
  return { ...fields, [field]: edit(fields[field]) };
}
