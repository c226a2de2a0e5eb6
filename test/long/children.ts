import { type Children, createChildren } from '../../bench/support/children.ts';

/** Gives processes that end with the work that needs them, however it ends. */
export async function withChildren<Result>(
  work: (children: Children) => Promise<Result>,
): Promise<Result> {
  const children = createChildren();
  try {
    return await work(children);
  } finally {
    children.endAll();
  }
}
