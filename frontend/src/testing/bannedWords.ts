// Words of which the shop has better ones: those that read as riddles or as translated. Called by words.test.ts.

interface BannedWord {
  found: RegExp
  better: string
}

export const bannedWords: BannedWord[] = [
  // What the shop says of itself may stay.
  { found: /\bthings?\b(?! for the home)/i, better: 'item, product' },
  { found: /\bwho(?:m)?ever\b/i, better: 'the person who, anyone who' },
  { found: /\bby mail\b|(?<!e-)\bmails\b|\b(?:a|the|this|that|your) mail\b/i, better: 'e-mail' },
  { found: /\bemails?\b/i, better: 'e-mail' },
  { found: /\bsee everything\b/i, better: 'Shop all' },
  { found: /\bwhat becomes? of\b|\bwhat became of\b/i, better: 'updates, status' },
  { found: /\bhow far\b/i, better: 'Status' },
  { found: /\bcan be had\b/i, better: 'is available' },
  { found: /\b(?:is|are|was|were) had\b/i, better: 'is available' },
  { found: /\bgoods\b/i, better: 'items' },
  { found: /\bsay it\b|\bsay something\b/i, better: 'Post comment' },
  { found: /\btake (?:\w+ ){0,3}back\b|\btaken back\b/i, better: 'withdraw, undo' },
  { found: /^leave it$/i, better: 'Cancel' },
  { found: /\bgo on\b/i, better: 'Continue' },
  { found: /\bbegin again\b/i, better: 'Start again' },
  { found: /\bkeep the address\b/i, better: 'Save address' },
  { found: /^ask for\b|\basked for\b(?! a confirmation)/i, better: 'request' },
  { found: /\bnobody (?:has )?(?:said|asked)\b/i, better: 'No comments yet, No requests yet' },
  { found: /\bsomebody wrote\b/i, better: 'The shop replied, New comment' },
  { found: /\b(?:is|are) not right\b./i, better: 'is not correct, Please check' },
  { found: /\bsafe where (?:it is|they are)\b/i, better: 'Nothing was changed.' },
  { found: /\bwas last heard\b|\bheard of (?:it|them|your)\b/i, better: 'may be out of date' },
  { found: /\bout of sight\b/i, better: 'hidden' },
  { found: /\bfor ever\b/i, better: 'always' },
  { found: /\bwhere it goes\b|\bgoes to\b/i, better: 'Delivery address, Ship to' },
  { found: /\bgood until\b/i, better: 'Expiry date, Valid until' },
  { found: /\bunits more or fewer\b/i, better: 'Change by' },
  { found: /\brefund a part\b/i, better: 'Partial refund' },
  { found: /\bdoes not work any more\b|\bdo not work any more\b/i, better: 'no longer works' },
]
