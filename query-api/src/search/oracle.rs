//! What [`super::Finder`] must find, by reading every word of every document: the same rules, none of the data structures.

use std::collections::{BTreeMap, BTreeSet};

use levenshtein_automata::{DFA, Distance, LevenshteinAutomatonBuilder};

use super::index::{FIELDS, Field};
use super::question::Asked;
use super::stems::stems_of;
use super::synonyms::synonyms_of;
use super::tiers::{BEGINNING, EXACT, STEM, SYNONYM, TOGETHER, typos_of, worth_of_typo};
use super::words::{Kind, is_part, part_word};

type Words = [(Field, BTreeSet<String>); FIELDS];

/// Documents that may be found, by number, with their words.
pub struct Oracle(pub BTreeMap<u32, Words>);

/// What each document that meets a word is worth at best.
type Met = BTreeMap<u32, u32>;

impl Oracle {
    /// Documents that meet all of the words (or all but one), with their scores.
    pub fn all(&self, words: &[Asked]) -> Met {
        let plain: Vec<Met> = (0..words.len()).map(|at| self.met(words, at)).collect();
        let forgiving = |at: usize| better(&plain[at], &self.typos(&words[at]));
        let some = |at: usize| {
            if plain[at].is_empty() {
                forgiving(at)
            } else {
                plain[at].clone()
            }
        };
        let first: Vec<Met> = (0..words.len()).map(some).collect();
        let found = all_of(&first);
        if !found.is_empty() {
            return found;
        }
        let mut slots = first;
        if slots.iter().all(|slot| !slot.is_empty()) {
            slots = (0..words.len()).map(forgiving).collect();
            let found = all_of(&slots);
            if !found.is_empty() {
                return found;
            }
        }
        if words.len() > 2 {
            all_but_one_of(&slots)
        } else {
            Met::new()
        }
    }

    fn met(&self, words: &[Asked], at: usize) -> Met {
        let mut met = self.meets(|words_of| plain(words_of, &words[at]));
        for pair in [at.checked_sub(1), Some(at)].into_iter().flatten() {
            if let Some([one, other]) = words.get(pair..pair + 2)
                && one.token.joins(&other.token)
            {
                let joined = format!("{}{}", one.text(), other.text());
                met = better(&met, &self.meets(|words_of| spelt(words_of, &joined)));
            }
        }
        met
    }

    fn meets(&self, worth: impl Fn(&Words) -> u32) -> Met {
        let all = self.0.iter().map(|(number, words)| (*number, worth(words)));
        all.filter(|(_, worth)| *worth > 0).collect()
    }

    fn typos(&self, word: &Asked) -> Met {
        let Some(dfa) = typos_of(word) else {
            return Met::new();
        };
        let near = |own: &str| match dfa.eval(own) {
            Distance::Exact(distance) => worth_of_typo(word.text(), own, distance),
            Distance::AtLeast(_) => 0,
        };
        let met = self.meets(|words| best(words, near));
        if !met.is_empty() {
            return met;
        }
        let begun = LevenshteinAutomatonBuilder::new(1, true).build_prefix_dfa(word.text());
        let accepts = |dfa: &DFA, own: &str| matches!(dfa.eval(own), Distance::Exact(_));
        self.meets(|words| best(words, |own| if accepts(&begun, own) { 3 } else { 0 }))
    }
}

fn best(words: &Words, worth: impl Fn(&str) -> u32) -> u32 {
    let all = words
        .iter()
        .flat_map(|(field, words)| words.iter().map(move |word| (*field, word)));
    all.map(|(field, word)| worth(word) * field.worth())
        .max()
        .unwrap_or(0)
}

fn shares_a_stem(one: &str, other: &str) -> bool {
    let stems = stems_of(other);
    stems_of(one).iter().any(|stem| stems.contains(stem))
}

fn spelt(words: &Words, word: &str) -> u32 {
    best(words, |own| match own {
        own if own == word => EXACT,
        own if shares_a_stem(own, word) => STEM,
        _ => 0,
    })
}

fn plain(words: &Words, asked: &Asked) -> u32 {
    let word = asked.text();
    let together = match asked.token.kind {
        Kind::Unspaced => return together(words, EXACT, &asked.token.pairs()),
        Kind::Mixed => together(words, TOGETHER, &asked.token.parts()),
        Kind::Letters | Kind::Digits => 0,
    };
    let respelt = asked.respelled.as_deref().map_or(0, |other| spelt(words, other));
    let same = best(words, |own| {
        let synonym = |other: &&str| *other == own || shares_a_stem(other, own);
        if synonyms_of(word).iter().any(synonym) {
            SYNONYM
        } else {
            0
        }
    });
    let begins = |own: &&String| own.starts_with(word) && !is_part(own);
    let is_short = word.chars().count() <= 3;
    let fields = words
        .iter()
        .filter(|(field, _)| !is_short || *field != Field::Description);
    let begun = fields.filter(|(_, words)| words.iter().any(|own| begins(&own)));
    let begun = begun
        .map(|(field, _)| BEGINNING * field.worth())
        .max()
        .unwrap_or(0);
    [spelt(words, word), respelt, same, begun, together]
        .into_iter()
        .max()
        .unwrap_or(0)
}

fn together(words: &Words, worth: u32, parts: &[String]) -> u32 {
    let has = |own: &BTreeSet<String>, part: &String| own.contains(part) || own.contains(&part_word(part));
    let in_name = parts.iter().all(|part| has(&words[0].1, part));
    let anywhere = parts
        .iter()
        .all(|part| words.iter().any(|(_, own)| has(own, part)));
    match (in_name, anywhere) {
        (true, _) => worth * Field::Name.worth(),
        (false, true) => worth,
        (false, false) => 0,
    }
}

fn better(one: &Met, other: &Met) -> Met {
    let mut best = one.clone();
    for (document, worth) in other {
        let held = best.entry(*document).or_default();
        *held = (*held).max(*worth);
    }
    best
}

fn all_of(slots: &[Met]) -> Met {
    let Some((first, rest)) = slots.split_first() else {
        return Met::new();
    };
    let everywhere = first
        .keys()
        .filter(|document| rest.iter().all(|slot| slot.contains_key(document)));
    everywhere
        .map(|document| (*document, sum(slots, *document)))
        .collect()
}

fn all_but_one_of(slots: &[Met]) -> Met {
    let documents: BTreeSet<u32> = slots.iter().flat_map(|slot| slot.keys().copied()).collect();
    let meets =
        |document: &u32| slots.iter().filter(|slot| slot.contains_key(document)).count() + 1 >= slots.len();
    documents
        .into_iter()
        .filter(meets)
        .map(|document| (document, sum(slots, document)))
        .collect()
}

fn sum(slots: &[Met], document: u32) -> u32 {
    slots.iter().filter_map(|slot| slot.get(&document)).sum()
}
