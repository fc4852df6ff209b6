// Named places at which a test may end the process, one before and one after every persisted write.
/** Does nothing in production. In tests it may throw or kill the process at the n-th call. */
export type CrashPoint = (name: string) => void;

export const noCrash: CrashPoint = () => {};
