/** Of the adapter and of the honest HPA, since attackers have machines of their own. nice(1) keeps the usual one where it may not raise it. */
export const niceness = -10;
