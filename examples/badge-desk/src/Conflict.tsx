import { type Draft, type Field } from './provider-forms.ts';
import { Value } from './parts.tsx';

interface ConflictProps {
  fields: readonly Field[];
  /** The values that the form began with. */
  base: Draft;
  current: Draft;
  draft: Draft;
  onResolve: (keeps: 'mine' | 'theirs') => void;
}

/** Shows both values of every field that has been changed here or elsewhere, and lets the operator choose. */
export function Conflict({ fields, base, current, draft, onResolve }: ConflictProps) {
  const rows = fields.filter(
    ({ name }) => current[name] !== base[name] || draft[name] !== base[name],
  );
  return (
    <section className="conflict" aria-label="Conflict">
      <table>
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col">When you began</th>
            <th scope="col">Now</th>
            <th scope="col">Yours</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, label }) => (
            <tr key={name}>
              <th scope="row">{label}</th>
              {[base, current].map((values, index) => (
                <td key={index}>
                  <Value value={values[name]} />
                </td>
              ))}
              <td>
                {draft[name] === base[name] ? <i>not changed</i> : <Value value={draft[name]} />}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <div className="actions">
        <button type="button" className="primary" onClick={() => onResolve('mine')}>
          Keep my changes
        </button>
        <button type="button" onClick={() => onResolve('theirs')}>
          Take the current values
        </button>
      </div>
    </section>
  );
}
