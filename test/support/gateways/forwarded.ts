/** What these gateways send as the router's secret. */
export const ROUTER_SECRET = 'of-the-router';
