/** of `WEB_AUTH_FOR_CONTRACTS_ENDPOINT` */
export const PATH = '/sep45/auth';
