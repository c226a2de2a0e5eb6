/** What these gateways send as the router's secret. */
export const ROUTER_SECRET = 'of-the-router';

/** What they pass on of a client's request. */
export const FORWARDED = ['authorization', 'x-badges-tenant', 'x-badges-actor'] as const;
