//! Answers one question: which documents meet every word, and how well.

use std::cell::Cell;
use std::cmp::Reverse;

use roaring::{MultiOps, RoaringBitmap};

use super::index::{Field, Index};
use super::question::Asked;
use super::tiers::{EXACT, Tier};

/// Words of one question for which typing errors are looked for: the dearest of what is done here.
const MOST_TYPOS: usize = 6;

/// What one word at its best is worth.
const BEST: u32 = EXACT * Field::Name.worth();

pub struct Finder<'i> {
    index: &'i Index,
    words: &'i [Asked],
    /// Those that may be found.
    allowed: &'i RoaringBitmap,
    slots: Vec<Slot>,
    typos_left: usize,
}

/// Of one word.
struct Slot {
    /// The best first.
    tiers: Vec<Tier>,
    /// Documents of all tiers.
    documents: RoaringBitmap,
    has_typos: bool,
}

impl Slot {
    fn new(tiers: Vec<Tier>) -> Self {
        let mut slot = Self {
            tiers: vec![],
            documents: RoaringBitmap::new(),
            has_typos: false,
        };
        slot.add(tiers);
        slot
    }

    fn add(&mut self, tiers: Vec<Tier>) {
        self.tiers.extend(tiers);
        self.tiers.sort_by_key(|tier| Reverse(tier.worth));
        self.documents = self.tiers.iter().map(|tier| &tier.documents).union();
    }
}

impl<'i> Finder<'i> {
    pub fn new(index: &'i Index, words: &'i [Asked], allowed: &'i RoaringBitmap) -> Self {
        let mut tiers: Vec<Vec<Tier>> = words.iter().map(|word| index.tiers(word, allowed)).collect();
        for (at, pair) in words.windows(2).enumerate() {
            if pair[0].token.joins(&pair[1].token) {
                // One word there, two here: it meets both.
                let joined = format!("{}{}", pair[0].text(), pair[1].text());
                index.push_spelt(&mut tiers[at], &joined, None);
                index.push_spelt(&mut tiers[at + 1], &joined, None);
            }
        }
        Self {
            index,
            words,
            allowed,
            slots: tiers.into_iter().map(Slot::new).collect(),
            typos_left: MOST_TYPOS,
        }
    }

    /// Documents that meet every word; if there are none and there are three words or more, all but one.
    pub fn all(&mut self) -> RoaringBitmap {
        let most_missing = usize::from(self.slots.len() > 2);
        let mut missing = 0;
        for at in 0..self.slots.len() {
            if self.is_empty(at) {
                self.add_typos(at);
                missing += usize::from(self.is_empty(at));
                if missing > most_missing {
                    return RoaringBitmap::new();
                }
            }
        }
        let found = self.meets_all();
        if !found.is_empty() {
            return found;
        }
        if missing == 0 {
            for at in 0..self.slots.len() {
                self.add_typos(at);
            }
            let found = self.meets_all();
            if !found.is_empty() {
                return found;
            }
        }
        if most_missing > 0 {
            self.meets_all_but_one()
        } else {
            RoaringBitmap::new()
        }
    }

    /// Documents that meet some word.
    pub fn any(&mut self) -> RoaringBitmap {
        for at in 0..self.slots.len() {
            if self.is_empty(at) {
                self.add_typos(at);
            }
        }
        self.slots.iter().map(|slot| &slot.documents).union() & self.allowed
    }

    fn is_empty(&self, at: usize) -> bool {
        self.slots[at].documents.is_disjoint(self.allowed)
    }

    fn add_typos(&mut self, at: usize) {
        let slot = &mut self.slots[at];
        if !slot.has_typos && self.typos_left > 0 {
            slot.has_typos = true;
            self.typos_left -= 1;
            slot.add(self.index.typos(&self.words[at], self.allowed));
        }
    }

    fn meets_all(&self) -> RoaringBitmap {
        let slots: Vec<&RoaringBitmap> = self.slots.iter().map(|slot| &slot.documents).collect();
        slots.intersection() & self.allowed
    }

    fn meets_all_but_one(&self) -> RoaringBitmap {
        let slots: Vec<&RoaringBitmap> = self.slots.iter().map(|slot| &slot.documents).collect();
        let without = |left_out: usize| {
            [&slots[..left_out], &slots[left_out + 1..]]
                .concat()
                .intersection()
        };
        (0..slots.len()).map(without).union() & self.allowed
    }

    /// Adds to `scores` what each of the documents is worth: for every word the best way in which it is met.
    pub fn score(&self, found: &RoaringBitmap, scores: &mut [u32]) {
        self.each_best(
            found,
            |_| true,
            |document, _, worth| scores[document as usize] += worth,
        );
    }

    /// From 0 to 1: how much of what was asked the names of the documents have, long words counting more than short ones.
    pub fn likeness(&self, found: &RoaringBitmap) -> Vec<(u32, f32)> {
        let letters: Vec<u32> = self.words.iter().map(weight).collect();
        let best = BEST * letters.iter().sum::<u32>().max(1);
        let size = found.max().map_or(0, |last| last as usize + 1);
        with_scores(size, |scores| {
            let in_name = |tier: &Tier| tier.field == Field::Name;
            self.each_best(found, in_name, |document, slot, worth| {
                scores[document as usize] += worth * letters[slot];
            });
            let take = |document: u32| {
                let score = std::mem::take(&mut scores[document as usize]);
                #[expect(clippy::cast_precision_loss, reason = "some ten thousands at most")]
                let likeness = score as f32 / best as f32;
                (document, likeness)
            };
            found.iter().map(take).collect()
        })
    }

    fn each_best(
        &self,
        found: &RoaringBitmap,
        counts: impl Fn(&Tier) -> bool,
        mut count: impl FnMut(u32, usize, u32),
    ) {
        for (at, slot) in self.slots.iter().enumerate() {
            let mut rest = found.clone();
            for tier in slot.tiers.iter().filter(|tier| counts(tier)) {
                let here = &rest & &tier.documents;
                for document in &here {
                    count(document, at, tier.worth);
                }
                rest -= here;
            }
        }
    }
}

fn weight(word: &Asked) -> u32 {
    u32::try_from(word.letters()).unwrap_or(u32::MAX)
}

thread_local! {
    static SCORES: Cell<Vec<u32>> = const { Cell::new(vec![]) };
}

/// Lends a score for each of `count` documents, all zero; they are given back all zero. After a panic they are new ones.
pub fn with_scores<R>(count: usize, work: impl FnOnce(&mut [u32]) -> R) -> R {
    let mut scores = SCORES.take();
    if scores.len() < count {
        scores.resize(count, 0);
    }
    let made = work(&mut scores);
    SCORES.set(scores);
    made
}
