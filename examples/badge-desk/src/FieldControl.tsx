import { type ReactNode, useId } from 'react';
import type { Field } from './provider-forms.ts';

interface FieldControlProps {
  field: Field;
  value: string;
  /** Messages about this field. */
  problems: readonly string[];
  isNew: boolean;
  onChange: (value: string) => void;
}

/** One field of a form, with its label, its hint and its problems. */
export function FieldControl({ field, value, problems, isNew, onChange }: FieldControlProps) {
  const id = useId();
  const notes: [string, string | undefined][] = [
    [`${id}-hint`, field.hint],
    [`${id}-problems`, problems.join(' ')],
  ];
  const control = {
    id,
    value,
    name: field.name,
    required: field.isRequired ?? false,
    'aria-invalid': problems.length > 0,
    'aria-describedby': notes
      .map(([noteId, text]) => (text ? noteId : ''))
      .join(' ')
      .trim(),
    onChange: ({ target }: { target: { value: string } }) => onChange(target.value),
  };
  return (
    <div className="field">
      <label htmlFor={id}>{field.label}</label>
      {controlOf(field, control, isNew)}
      {notes.map(
        ([noteId, text]) =>
          text && (
            <small key={noteId} id={noteId}>
              {text}
            </small>
          ),
      )}
    </div>
  );
}

function controlOf(
  { kind, isHidden }: Field,
  control: { value: string; onChange: (event: { target: { value: string } }) => void },
  isNew: boolean,
): ReactNode {
  switch (kind) {
    case 'long text':
      return <textarea rows={3} {...control} />;
    case 'yes or no':
      return (
        <select {...control}>
          {(isNew || isHidden || control.value === '') && <option value="">Not set</option>}
          <option value="true">Yes</option>
          <option value="false">No</option>
        </select>
      );
    case 'number':
      return <input type="number" step="any" inputMode="numeric" {...control} />;
    case 'image':
      return <input type="url" placeholder="https://" {...control} />;
    case 'text':
    case 'ids':
      return <input {...control} />;
  }
}
