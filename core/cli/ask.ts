// What counts as a yes.
export const isYes = (answer: string): boolean => ['y', 'yes'].includes(answer.trim().toLowerCase());
