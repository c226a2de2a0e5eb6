import { z } from 'zod';
import type { ProductionService } from './service-process.ts';

const usage = z.looseObject({ requests: z.number(), fast: z.number() });

/** The share of the requests to these services that the fast path answered, 0 to 1, as they log it when they end. */
export function watchFastAnswers(services: readonly ProductionService[]): () => number {
  const counts = services.map(() => ({ requests: 0, fast: 0 }));
  services.forEach((service, index) => {
    service.onLog((line) => {
      const read = usage.safeParse(line);
      if (read.success) counts[index] = read.data;
    });
  });
  return () => {
    const sum = (of: 'requests' | 'fast') => counts.reduce((total, each) => total + each[of], 0);
    return sum('fast') / Math.max(1, sum('requests'));
  };
}

export const showShare = (share: number): string => `${(100 * share).toFixed(1)} %`;
